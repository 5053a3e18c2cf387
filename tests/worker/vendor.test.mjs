// GET /readyz/vendor in front of the sandbox, whose keys and faults fail as Alibaba Cloud's do.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { startBoth } from "../support/gateway.mjs";
import { callerOf, sample } from "../support/samples.mjs";
import { injectFault } from "../support/sandbox.mjs";

const PATH = "/readyz/vendor";

let both;
afterEach(() => both?.close());

async function started(settings) {
  both = await startBoth(settings);
  return both;
}

for (const [what, settings, status, vendorCode] of [
  ["the demo key", {}, "works", "406"],
  ["no such scene", { CLOUDAUTH_SCENE_ID: "1000000999" }, "scene-unknown", "404"],
  [
    "a wrong secret",
    { CLOUDAUTH_ACCESS_KEY_SECRET: "another-secret" },
    "key-refused",
    "SignatureDoesNotMatch",
  ],
  [
    "an unknown key",
    { CLOUDAUTH_ACCESS_KEY_ID: "sandbox-nobody-key-id" },
    "key-refused",
    "InvalidAccessKeyId.NotFound",
  ],
  [
    "a disabled key",
    {
      CLOUDAUTH_ACCESS_KEY_ID: "sandbox-disabled-key-id",
      CLOUDAUTH_ACCESS_KEY_SECRET: "sandbox-disabled-key-secret",
    },
    "key-refused",
    "InvalidAccessKeyId.Inactive",
  ],
  [
    "a RAM user whom the service rejects",
    { CLOUDAUTH_ACCESS_KEY_ID: "sandbox-ram-key-id", CLOUDAUTH_ACCESS_KEY_SECRET: "sandbox-ram-key-secret" },
    "no-permission",
    "411",
  ],
  [
    "a RAM user whom the API gateway rejects",
    {
      CLOUDAUTH_ACCESS_KEY_ID: "sandbox-forbidden-key-id",
      CLOUDAUTH_ACCESS_KEY_SECRET: "sandbox-forbidden-key-secret",
    },
    "no-permission",
    "Forbidden.RAM",
  ],
]) {
  test(`${what}: ${status}`, async () => {
    const { gateway } = await started(settings);
    const answer = await gateway.call("GET", PATH);
    assert.equal(answer.status, status === "works" ? 200 : 503, answer.text);
    const { json } = answer;
    assert.deepEqual([json.status, json.vendorCode], [status, vendorCode]);
    assert.equal(json.sceneId, settings.CLOUDAUTH_SCENE_ID ?? "1000000006");
    assert.ok(!answer.text.includes("key-id") && !answer.text.includes("secret"));
    // It is not what /readyz reports: the settings are complete.
    assert.equal((await gateway.call("GET", "/readyz", { token: null })).status, 200);
  });
}

test("many requests share calls, and verifications go on", async () => {
  const { gateway } = await started({});
  const answers = await Promise.all(Array.from({ length: 40 }, () => gateway.call("GET", PATH)));
  for (const { status, json } of answers) assert.deepEqual([status, json.status], [200, "works"]);
  // Each call has its own RequestId.
  const made = new Set(answers.map(({ json }) => json.vendorRequestId));
  assert.ok(made.size < answers.length / 2, `${made.size} calls`);
  assert.equal((await gateway.call("POST", "/v1/face-verifications", { body: sample() })).status, 201);
});

test("a failure that says nothing about the key is named as one", async () => {
  const { gateway, endpoint } = await started({ CLOUDAUTH_MAX_ATTEMPTS: "1" });
  await injectFault(endpoint, { kind: "error", code: "ServiceUnavailable" });
  const { status, json } = await gateway.call("GET", PATH);
  assert.deepEqual([status, json.status, json.vendorCode], [503, "failed", "ServiceUnavailable"]);
});

test("an upstream that does not respond is unreachable", async () => {
  const stack = await started({ CLOUDAUTH_MAX_ATTEMPTS: "1" });
  await stack.sandbox.close();
  const { status, json } = await stack.gateway.call("GET", PATH);
  assert.deepEqual([status, json.status, json.vendorCode], [503, "unreachable", undefined]);
});

test("nobody asks without a token that may read", async () => {
  const token = "a token that starts";
  const callers = [callerOf("shop", token, { scopes: ["create"] })];
  const stack = await started({ GATEWAY_CALLERS: JSON.stringify(callers) });
  for (const [given, status] of [
    [null, 401],
    ["dev-token", 401],
    [token, 403],
  ])
    assert.equal((await stack.gateway.call("GET", PATH, { token: given })).status, status);
});
