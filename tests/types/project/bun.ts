// On Bun, whose own fetch has members that stubs lack.

import { FaceVerifyClient } from "cloudauth-edge";
import { createSandbox } from "cloudauth-edge/sandbox";

const keys = { accessKeyId: "LTAIexample", accessKeySecret: "example-secret" };

export const clients = [
  new FaceVerifyClient({ ...keys, fetch }),
  new FaceVerifyClient({ ...keys, fetch: Bun.fetch }),
  new FaceVerifyClient({ ...keys, fetch: async () => new Response("{}") }),
  new FaceVerifyClient({ ...keys, fetch: createSandbox({ fetch: async () => new Response() }).fetch }),
];
