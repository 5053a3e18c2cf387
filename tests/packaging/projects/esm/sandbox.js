// As in a consumer's tests: the sandbox in the same process, with and without HTTP.

import { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo } from "cloudauth-edge";
import * as identity from "cloudauth-edge/identity";
import { createSandbox } from "cloudauth-edge/sandbox";
import { verify } from "./verify.mjs";

const edge = { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo };
const sandbox = createSandbox();
const { url } = await sandbox.listen();

for (const options of [{ fetch: sandbox.fetch }, { endpoint: url }]) {
  const result = await verify(edge, identity, { endpoint: "http://127.0.0.1:1", ...options });
  console.log(JSON.stringify([result, await sandbox.verification(result.certifyId)]));
}
await sandbox.close();
