import { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo, ready } from "cloudauth-edge";
import * as identity from "cloudauth-edge/identity";
import { verify } from "./verify.mjs";

// Outside of a request, where workerd gives neither randomness nor time.
const client = new FaceVerifyClient({
  accessKeyId: "sandbox-key-id",
  accessKeySecret: "sandbox-key-secret",
  endpoint: "http://127.0.0.1:1",
});

export default {
  async fetch(request, env) {
    const edge = { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo, ready };
    const result = await verify(edge, identity, { endpoint: env.SANDBOX });
    return Response.json({ ...result, early: client instanceof FaceVerifyClient });
  },
};
