import { FaceVerifyError } from "cloudauth-edge";
import { createFaceVerifyError, createTestClient } from "cloudauth-edge/testing";

const { client, sandbox, sceneId, close } = await createTestClient({ client: { language: "zh" } });
await sandbox.submit((await client.initFaceVerify({ sceneId, outerOrderNo: "a" })).certifyId);
await close();
export const error: FaceVerifyError = createFaceVerifyError({ kind: "throttled", code: "Throttling" });
// @ts-expect-error: an error has one of the client's kinds
createFaceVerifyError({ kind: "boom", code: "Throttling" });
