import { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo } from "cloudauth-edge";
import * as identity from "cloudauth-edge/identity";
import { inject, test } from "vitest";
import { verify } from "./verify.mjs";

test("over HTTP", async ({ task }) => {
  const edge = { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo };
  task.meta.result = await verify(edge, identity, { endpoint: inject("sandbox") });
});
