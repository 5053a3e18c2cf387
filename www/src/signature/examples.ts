/** Initial requests: Alibaba Cloud's published examples, and the two actions under its test key. */

export interface Example {
  request: string;
  secret: string;
  answer: string;
}

export const exampleNames = ["right", "init", "plus", "mismatch", "acs3"] as const;
export type ExampleName = (typeof exampleNames)[number];

const initFaceVerify = (signature: string) => `curl 'https://cloudauth.aliyuncs.com/' \\
  -d AccessKeyId=testid -d Action=InitFaceVerify -d Version=2019-03-07 -d Format=json \\
  -d SignatureMethod=HMAC-SHA1 -d SignatureVersion=1.0 \\
  -d SignatureNonce=3156853299f313e23d1673dc12e1703d \\
  --data-urlencode Timestamp=2023-10-26T10:22:32Z \\
  -d SceneId=1000000006 -d OuterOrderNo=e0c34a77f5ac40a5aa5e6ed20c353888 \\
  -d ProductCode=LR_FR -d Model=LIVENESS -d CertType=IDENTITY_CARD -d UserId=123456789 \\
  --data-urlencode CertName=张三 -d CertNo=330103xxxxxxxxxxxx \\
  --data-urlencode 'MetaInfo={"zimVer":"3.0.0","appVersion": "1","a":"x*y~z+ /"}' \\
  --data-urlencode Signature=${signature}`;

// The server saw MetaInfo without the spaces that the program had signed.
const REWRITTEN =
  "POST&%2F&AccessKeyId%3Dtestid%26Action%3DInitFaceVerify%26CertName%3D%25E5%25BC%25A0%25E4%25B8%2589%26CertNo%3D330103xxxxxxxxxxxx%26CertType%3DIDENTITY_CARD%26Format%3Djson%26MetaInfo%3D%257B%2522zimVer%2522%253A%25223.0.0%2522%252C%2522appVersion%2522%253A%25221%2522%252C%2522a%2522%253A%2522x%252Ay~z%252B%2520%252F%2522%257D%26Model%3DLIVENESS%26OuterOrderNo%3De0c34a77f5ac40a5aa5e6ed20c353888%26ProductCode%3DLR_FR%26SceneId%3D1000000006%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D3156853299f313e23d1673dc12e1703d%26SignatureVersion%3D1.0%26Timestamp%3D2023-10-26T10%253A22%253A32Z%26UserId%3D123456789%26Version%3D2019-03-07";

export const examples: Record<ExampleName, Example> = {
  right: {
    request:
      "https://ecs.aliyuncs.com/?AccessKeyId=testid&Action=DescribeDedicatedHosts&Format=JSON&RegionId=cn-beijing&SignatureMethod=HMAC-SHA1&SignatureNonce=edb2b34af0af9a6d14deaf7c1a5315eb&SignatureVersion=1.0&Timestamp=2023-03-13T08%3A34%3A30Z&Version=2014-05-26&Signature=9NaGiOspFP5UPcwX8Iwt2YJXXuk%3D",
    secret: "testsecret",
    answer: "",
  },
  init: { request: initFaceVerify("omLwCx6arWAV1GJ76iISbeuYNHg="), secret: "testsecret", answer: "" },
  plus: { request: initFaceVerify("PsLkErea2iGVupiAAz5Q1TNULjE="), secret: "testsecret", answer: "" },
  mismatch: {
    request: initFaceVerify("omLwCx6arWAV1GJ76iISbeuYNHg="),
    secret: "testsecret",
    answer: JSON.stringify(
      {
        RequestId: "130A2C10-B9EE-4D84-88E3-5384FF039795",
        HostId: "cloudauth.aliyuncs.com",
        Code: "SignatureDoesNotMatch",
        Message: `Specified signature is not matched with our calculation. server string to sign is:${REWRITTEN}`,
      },
      null,
      2,
    ),
  },
  acs3: {
    request: `curl -X POST 'https://ecs.cn-shanghai.aliyuncs.com/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai' \\
  -H 'x-acs-action: RunInstances' -H 'x-acs-version: 2014-05-26' \\
  -H 'x-acs-date: 2023-10-26T10:22:32Z' \\
  -H 'x-acs-signature-nonce: 3156853299f313e23d1673dc12e1703d' \\
  -H 'x-acs-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' \\
  -H 'Authorization: ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0'`,
    secret: "YourAccessKeySecret",
    answer: "",
  },
};
