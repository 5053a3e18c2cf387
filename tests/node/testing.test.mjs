// What cloudauth-edge/testing gives to the tests of other programs.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { inspect } from "node:util";
import * as edge from "cloudauth-edge";
import { isFaceVerifyError } from "cloudauth-edge/gateway-client";
import { createFaceVerifyError, createTestClient } from "cloudauth-edge/testing";

test("an error of the factory is one of the client's, in every property", async () => {
  await using kit = await createTestClient({ client: { maxAttempts: 1, language: "zh" } });
  const { client, sandbox, sceneId } = kit;
  await sandbox.injectFault({ action: "DescribeFaceVerify", kind: "error", code: "Throttling.User" });
  const query = client.describeFaceVerify({ sceneId, certifyId: "91707dc296d469ad38e4c5efa6a0f24b" });
  const thrown = await query.catch((error) => error);
  const { kind, code, messages, audience, retryable, execution, requestId, httpStatus } = thrown;
  const made = createFaceVerifyError({
    ...{ kind, code, messages, audience, retryable, execution, requestId, httpStatus },
    language: "zh",
  });
  assert.deepEqual(made.toJSON(), thrown.toJSON());
  assert.equal(made.constructor, thrown.constructor);
  assert.ok(made instanceof edge.FaceVerifyError && edge.isFaceVerifyError(made) && isFaceVerifyError(made));
});

test("the factory's defaults, its fields and its cause", () => {
  const messages = { zh: "有误", en: "is wrong" };
  const error = createFaceVerifyError({
    kind: "validation",
    code: "InvalidParameters",
    fields: [{ field: "certNo", rule: "checksum", messages }],
    cause: new TypeError("张三"),
  });
  assert.deepEqual([error.execution, error.retryable, error.audience], ["none", false, "developer"]);
  assert.deepEqual(error.fields, [{ field: "certNo", rule: "checksum", message: "is wrong", messages }]);
  assert.ok(!inspect(error).includes("张三"));
});

test("the factory makes an error of an order that could not be stored", () => {
  const options = { kind: "order", code: "OrderNotStored", execution: "unknown" };
  assert.equal(createFaceVerifyError({ ...options, certifyId: "id" }).certifyId, "id");
  assert.equal(createFaceVerifyError(options).certifyId, null);
});

test("the factory makes no error that the client never throws", () => {
  const never = { kind: "timeout", code: "Timeout", execution: "unknown", retryable: true };
  assert.throws(() => createFaceVerifyError(never), TypeError);
});

test("each kit has its own state, and takes the sandbox's options", async () => {
  const accounts = [
    {
      accountId: "1",
      keys: [{ accessKeyId: "own-id", accessKeySecret: "own-secret", securityToken: "token" }],
      scenes: [{ sceneId: 9223372036854775807n }],
    },
  ];
  await using first = await createTestClient();
  await using second = await createTestClient({ accounts });
  const order = { outerOrderNo: edge.newOuterOrderNo(), certName: "张三", metaInfo: "{}" };
  assert.equal(second.sceneId, "9223372036854775807");
  await second.client.initFaceVerify({ ...order, sceneId: second.sceneId });
  assert.equal((await first.sandbox.verifications()).length, 0);
  assert.equal((await second.sandbox.verifications()).length, 1);
  await assert.rejects(createTestClient({ accounts: [{ ...accounts[0], keys: [] }] }), TypeError);
});

test("required, it makes the errors of the required client", () => {
  const require = createRequire(import.meta.url);
  const made = require("cloudauth-edge/testing").createFaceVerifyError({ kind: "vendor", code: "401" });
  assert.ok(made instanceof require("cloudauth-edge").FaceVerifyError);
});
