// Makes a query and a start at the endpoint on the command line, and prints the execution of the start's error.

import { FaceVerifyClient, newOuterOrderNo } from "cloudauth-edge";

const client = new FaceVerifyClient({
  accessKeyId: "testid",
  accessKeySecret: "testsecret",
  endpoint: process.argv[2],
});
const sceneId = 1000000006;
await client.describeFaceVerify({ sceneId, certifyId: "91707dc296d469ad38e4c5efa6a0f24b" });
const order = { sceneId, outerOrderNo: newOuterOrderNo(), metaInfo: '{"zimVer":"3.0.0"}' };
const { execution } = await client.initFaceVerify(order).catch((error) => error);
console.log(JSON.stringify({ execution }));
