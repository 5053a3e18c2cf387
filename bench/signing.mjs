/**
 * From parameters to a signed InitFaceVerify, with HTTP replaced by an answer in memory: this
 * package, the vendor's pop-core, and a signer as one writes it by hand with node:crypto. All use
 * the RPC scheme with every parameter in the body.
 */
import { createHmac, randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { FaceVerifyClient } from "cloudauth-edge";

const answer = JSON.stringify({
  Code: "200",
  Message: "success",
  RequestId: "130A2C10-B9EE-4D84-88E3-5384FF039795",
  ResultObject: { CertifyId: "91707dc296d469ad38e4c5efa6a0f24b" },
});
/** The sandbox's demo key, so that the sandbox can judge the signatures. */
const keys = { accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" };
const metaInfo = JSON.stringify({
  zimVer: "3.0.0",
  appVersion: "1",
  bioMetaInfo: "4.1.0:11501568,0",
  appName: "com.aliyun.antcloudauth",
  deviceType: "ios",
  osVersion: "iOS 10.3.2",
  apdidToken: "a".repeat(110),
  deviceModel: "iPhone9,1",
});
const parameters = {
  sceneId: 1000000006,
  outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888",
  productCode: "LR_FR",
  model: "LIVENESS",
  userId: "123456789",
  certType: "IDENTITY_CARD",
  certName: "张三",
  certNo: "11010519491231002X",
  metaInfo,
  mobile: "13000000000",
  ip: "192.0.2.1",
};
const wire = Object.fromEntries(
  Object.entries(parameters).map(([name, value]) => [name[0].toUpperCase() + name.slice(1), value]),
);

/** The last finished form of each contestant, for the judge. */
const finished = {};

const client = new FaceVerifyClient({
  ...keys,
  endpoint: "http://127.0.0.1:8788",
  fetch: async (_, { body }) => {
    finished["cloudauth-edge"] = body;
    return new Response(answer);
  },
});

const require = createRequire(import.meta.url);
const httpx = require("httpx");
httpx.request = async (_, { data }) => {
  finished["@alicloud/pop-core"] = data;
  return { statusCode: 200, headers: {}, req: { getHeaders: () => ({}) } };
};
httpx.read = async () => answer;
const { RPCClient } = require("@alicloud/pop-core");
const popCore = new RPCClient({ ...keys, endpoint: "http://127.0.0.1:8788", apiVersion: "2019-03-07" });

const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function handWritten() {
  const all = {
    Action: "InitFaceVerify",
    Version: "2019-03-07",
    Format: "JSON",
    AccessKeyId: keys.accessKeyId,
    SignatureMethod: "HMAC-SHA1",
    SignatureVersion: "1.0",
    SignatureNonce: randomUUID(),
    Timestamp: new Date().toISOString().replace(/\.\d+/, ""),
    ...wire,
  };
  const query = Object.keys(all)
    .sort()
    .map((name) => `${encode(name)}=${encode(String(all[name]))}`)
    .join("&");
  const signature = createHmac("sha1", `${keys.accessKeySecret}&`)
    .update(`POST&%2F&${encode(query)}`)
    .digest("base64");
  finished["node:crypto by hand"] = `${query}&Signature=${encode(signature)}`;
  return JSON.parse(answer).ResultObject.CertifyId;
}

export const title = "Signed InitFaceVerify, HTTP stubbed";
export const contestants = {
  "cloudauth-edge": () => client.initFaceVerify(parameters),
  "@alicloud/pop-core": () => popCore.request("InitFaceVerify", wire, { method: "POST" }),
  "node:crypto by hand": handWritten,
};

/** Throws unless the sandbox accepts what every contestant signed. */
export async function judge(sandbox) {
  for (const [name, contestant] of Object.entries(contestants)) {
    await contestant();
    const response = await sandbox.fetch("http://127.0.0.1:8788/", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: finished[name],
    });
    const { Code, Message } = await response.json();
    if (Code !== "200")
      throw new Error(`${name} made a request that the sandbox refuses: ${Code} ${Message}`);
  }
}
