import { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo } from "cloudauth-edge";
import * as identity from "cloudauth-edge/identity";
import { createSandbox } from "cloudauth-edge/sandbox";
import { expect, test } from "vitest";
import { verify } from "./verify.mjs";

const sandbox = createSandbox();

test("the client against the sandbox, both in workerd", async ({ task }) => {
  const edge = { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo };
  const result = await verify(edge, identity, { endpoint: "http://127.0.0.1:1", fetch: sandbox.fetch });
  task.meta.result = [result, await sandbox.verification(result.certifyId)];
});

test("options that need Node are refused with an explanation", async () => {
  expect(navigator.userAgent).toBe("Cloudflare-Workers");
  await expect(sandbox.listen()).rejects.toThrow("cannot listen in workerd");
  expect(() => createSandbox({ file: "state" })).toThrow("no file access in workerd");
});
