// The input of all measurements: sample values of Alibaba Cloud's documentation, 300 bytes of MetaInfo.

/** The sandbox's demo key, so that the sandbox can verify the signatures. */
export const keys = { accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" };

/** The sandbox's demo account, without the limit of 50 calls per second. */
export const openAccount = {
  accountId: "1260051251634779",
  keys: [{ ...keys, ram: "allowed" }],
  scenes: [{ sceneId: 1000000006, pictures: true }],
  callsPerSecond: 0,
};

export const metaInfo = (bytes = 300) => {
  const parts = {
    zimVer: "3.0.0",
    appVersion: "1",
    bioMetaInfo: "4.1.0:11501568,0",
    appName: "com.aliyun.antcloudauth",
    deviceType: "ios",
    osVersion: "iOS 10.3.2",
    apdidToken: "",
    deviceModel: "iPhone9,1",
  };
  return JSON.stringify({ ...parts, apdidToken: "a".repeat(bytes - JSON.stringify(parts).length) });
};

export const parameters = {
  sceneId: 1000000006,
  outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888",
  productCode: "LR_FR",
  model: "LIVENESS",
  userId: "123456789",
  certType: "IDENTITY_CARD",
  certName: "张三",
  certNo: "11010519491231002X",
  metaInfo: metaInfo(),
  mobile: "13000000000",
  ip: "192.0.2.1",
};

/** The same parameters under Alibaba Cloud's names. */
export const wire = (given) =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name[0].toUpperCase() + name.slice(1), value]),
  );

export const CERTIFY_ID = "91707dc296d469ad38e4c5efa6a0f24b";

/** The response of a stubbed transport and of the loopback server. */
export const answer = JSON.stringify({
  Code: "200",
  Message: "success",
  RequestId: "130A2C10-B9EE-4D84-88E3-5384FF039795",
  ResultObject: { CertifyId: CERTIFY_ID },
});
