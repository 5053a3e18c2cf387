import {
  FaceVerifyClient,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
} from "cloudauth-edge";

const client = new FaceVerifyClient({
  credentials: credentialsFromEnvironment(), // ALIBABA_CLOUD_ACCESS_KEY_ID, …_SECRET
  endpoint: process.env.CLOUDAUTH_ENDPOINT, // not set: the vendor's own
});
const sceneId = 1000000006;

try {
  const { certifyId } = await client.initFaceVerify({
    sceneId,
    outerOrderNo: newOuterOrderNo("bank"),
    userId: "123456789",
    metaInfo: '{"zimVer":"3.0.0","deviceType":"ios"}', // the string that the app's SDK gave, as it is
    certName: "张三",
    certNo: "11010519491231002X",
  });
  console.log("CertifyId for the app:", certifyId);

  // Meanwhile the person looks into the phone.
  const result = await client.waitForResult({ sceneId, certifyId });
  console.log(result.status); // passed, rejected, or still pending
} catch (error) {
  if (!isFaceVerifyError(error)) throw error;
  console.error(error.kind, error.code, error.audience, error.requestId, error.message);
}
