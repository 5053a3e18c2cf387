import { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo } from "cloudauth-edge";
import * as identity from "cloudauth-edge/identity";
import { createSandbox } from "cloudauth-edge/sandbox";
import { verify } from "./verify.mjs";

// Created outside a request, where workerd provides neither randomness nor time.
const client = new FaceVerifyClient({
  accessKeyId: "sandbox-key-id",
  accessKeySecret: "sandbox-key-secret",
  endpoint: "http://127.0.0.1:1",
});

const sandbox = createSandbox();

export default {
  async fetch(request, env) {
    const edge = { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo };
    const inProcess = { endpoint: "http://127.0.0.1:1", fetch: sandbox.fetch };
    const inside = await verify(edge, identity, inProcess);
    return Response.json({
      outside: await verify(edge, identity, { endpoint: env.SANDBOX }),
      inside: [inside, await sandbox.verification(inside.certifyId)],
      early: client instanceof FaceVerifyClient,
    });
  },
};
