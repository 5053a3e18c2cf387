import {
  FaceVerifyClient,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
} from "cloudauth-edge";

const client = new FaceVerifyClient({
  credentials: credentialsFromEnvironment(), // ALIBABA_CLOUD_ACCESS_KEY_ID, …_SECRET
  endpoint: process.env.CLOUDAUTH_ENDPOINT, // default: Alibaba Cloud
});
const sceneId = 1000000006;

try {
  const { certifyId } = await client.initFaceVerify({
    sceneId,
    outerOrderNo: newOuterOrderNo("bank"),
    userId: "123456789",
    metaInfo: '{"zimVer":"3.0.0","deviceType":"ios"}', // pass the app SDK's string unchanged
    certName: "张三",
    certNo: "11010519491231002X",
  });
  console.log("CertifyId for the app:", certifyId);

  // The user now scans their face in the app.
  const result = await client.waitForResult({ sceneId, certifyId });
  console.log(result.status); // passed, rejected, or still pending
} catch (error) {
  if (!isFaceVerifyError(error)) throw error;
  console.error(error.kind, error.code, error.audience, error.requestId, error.message);
}
