// The gateway in workerd while Alibaba Cloud fails, and after workerd is killed.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { startBoth } from "../support/gateway.mjs";
import { sample } from "../support/samples.mjs";
import { injectFault, startsOf, submit } from "../support/sandbox.mjs";
import { until } from "../support/until.mjs";

const ROUTE = "/v1/face-verifications";
let both, gateway, endpoint;

before(async () => {
  both = await startBoth({ CLOUDAUTH_TIMEOUT_MS: "2000", CLOUDAUTH_TOTAL_TIMEOUT_MS: "5000" });
  ({ gateway, endpoint } = both);
});

after(() => both?.close());

afterEach(() => fetch(`${endpoint}/_sandbox/faults`, { method: "DELETE" }));

const create = (body, query = "") => gateway.call("POST", ROUTE + query, { body });
const read = (no, query = "") => gateway.call("GET", `${ROUTE}/${no}${query}`);

const fault = (description) => injectFault(endpoint, description);
const startedUpstream = (no) => startsOf(endpoint, no);

for (const [name, description, executed] of [
  ["silence", { kind: "hang" }, 0],
  ["silence after it was executed", { kind: "hang", executed: true }, 1],
  ["a reset connection", { kind: "reset" }, 0],
  ["a reset connection after it was executed", { kind: "reset", executed: true }, 1],
  ["a proxy's page", { kind: "html", executed: true }, 1],
  ["an empty answer", { kind: "empty", executed: true }, 1],
  ["half an answer", { kind: "truncated" }, 1],
  ["an answer that is not UTF-8", { kind: "notUtf8", executed: true }, 1],
  ["InternalError", { kind: "error", code: "InternalError" }, 0],
  ["ServiceUnavailable", { kind: "error", code: "ServiceUnavailable" }, 0],
  ["Code 500", { kind: "error", action: "InitFaceVerify", code: "500" }, 0],
]) {
  test(`a start that ends in ${name} is unknown until the caller starts it again`, async () => {
    await fault(description);
    const order = sample();
    const first = await create(order);
    assert.equal(first.status, 409, first.text);
    assert.equal(first.json.code, "start-outcome-unknown");
    assert.equal(first.json.retryable, false);
    assert.equal(await startedUpstream(order.outerOrderNo), executed);

    assert.equal((await create(order)).json.code, "start-outcome-unknown");
    assert.equal((await read(order.outerOrderNo)).json.code, "start-outcome-unknown");
    assert.equal(await startedUpstream(order.outerOrderNo), executed, "nobody started it again");
    assert.equal((await create({ ...order, userId: "another" })).json.code, "order-conflict");
    const listed = await gateway.call("GET", `${ROUTE}?status=unknown&limit=1`);
    assert.equal(listed.json.items[0].outerOrderNo, order.outerOrderNo);

    const restarted = await create(order, "?restartUnknown=true");
    assert.equal(restarted.status, 201, restarted.text);
    const replayed = await create(order, "?restartUnknown=true");
    assert.equal(replayed.status, 200);
    assert.equal(replayed.json.certifyId, restarted.json.certifyId);
  });
}

for (const [name, description, status, code, vendorCode, audience] of [
  [
    "a wrong key",
    { code: "InvalidAccessKeyId.NotFound" },
    502,
    "upstream-refused",
    "InvalidAccessKeyId.NotFound",
    "operator",
  ],
  [
    "a wrong signature",
    { code: "SignatureDoesNotMatch" },
    502,
    "upstream-refused",
    "SignatureDoesNotMatch",
    "operator",
  ],
  ["arrears", { action: "InitFaceVerify", code: "412" }, 502, "upstream-refused", "412", "operator"],
  ["an old device", { action: "InitFaceVerify", code: "414" }, 422, "vendor-refused", "414", "user"],
  ["too many attempts", { action: "InitFaceVerify", code: "418" }, 422, "vendor-refused", "418", "user"],
]) {
  test(`a start refused for ${name} says so and leaves the order free`, async () => {
    await fault({ kind: "error", ...description });
    const order = sample();
    const refused = await create(order);
    assert.equal(refused.status, status, refused.text);
    assert.equal(refused.json.code, code);
    assert.equal(refused.json.vendorCode, vendorCode);
    assert.equal(refused.json.audience, audience);
    assert.equal((await read(order.outerOrderNo)).json.code, "unknown-order");
    // Even with different input, because nothing was started.
    assert.equal((await create({ ...order, userId: "another" })).status, 201);
  });
}

test("a scene that the request names, and Alibaba Cloud does not have, concerns the developer", async () => {
  const refused = await create({ ...sample(), sceneId: "1000000007" });
  assert.equal(refused.status, 422, refused.text);
  assert.deepEqual(
    [refused.json.code, refused.json.vendorCode, refused.json.audience],
    ["vendor-refused", "404", "developer"],
  );
  await fault({ kind: "error", action: "InitFaceVerify", code: "404" });
  const ofSettings = await create(sample());
  assert.deepEqual([ofSettings.status, ofSettings.json.audience], [502, "operator"]);
});

test("throttled calls wait and are repeated", async () => {
  await fault({ kind: "error", code: "Throttling.User", count: 2 });
  assert.equal((await create(sample())).status, 201);
  await fault({ kind: "error", code: "Throttling.User", count: 10 });
  const order = sample();
  const throttled = await create(order);
  assert.equal(throttled.status, 503);
  assert.equal(throttled.json.code, "upstream-throttled");
  assert.ok(throttled.headers.has("retry-after"));
  await fetch(`${endpoint}/_sandbox/faults`, { method: "DELETE" });
  assert.equal((await create(order)).status, 201);
});

test("a query is retried, and a known verdict needs no call to Alibaba Cloud", async () => {
  const order = sample();
  const { json } = await create(order);
  await fault({ kind: "reset" });
  assert.equal((await read(order.outerOrderNo)).json.status, "pending");
  await fault({ kind: "html", count: 10 });
  const failed = await read(order.outerOrderNo);
  assert.equal(failed.status, 502);
  assert.equal(failed.json.code, "upstream-failed");
  assert.equal(failed.json.retryable, true);
  await fetch(`${endpoint}/_sandbox/faults`, { method: "DELETE" });

  await submit(endpoint, json.certifyId, "passed");
  assert.equal((await read(order.outerOrderNo)).json.status, "passed");
  await fault({ kind: "html", count: 10 });
  const known = await read(order.outerOrderNo);
  assert.equal(known.json.status, "passed");
  assert.equal(known.json.materialUnavailable, true);
  assert.equal((await read(order.outerOrderNo, "?material=false")).json.materialUnavailable, undefined);
});

test("fifty concurrent starts during an outage of Alibaba Cloud make one call and get no CertifyId", async () => {
  await fault({ kind: "hang", executed: true });
  const order = sample();
  const answers = await Promise.all(Array.from({ length: 50 }, () => create(order)));
  assert.deepEqual(new Set(answers.map(({ json }) => json.code)), new Set(["start-outcome-unknown"]));
  assert.equal(await startedUpstream(order.outerOrderNo), 1);
});

test("when workerd ends during a call, nothing is lost and nothing is started again", async () => {
  const done = sample();
  const { json } = await create(done);
  await submit(endpoint, json.certifyId, "passed");
  assert.equal((await read(done.outerOrderNo)).json.status, "passed");
  const open = sample();
  const opened = await create(open);

  await fault({ kind: "hang", executed: true });
  const cut = sample();
  const lost = create(cut).then(
    ({ status }) => status,
    () => "cut off",
  );
  await until(async () => (await startedUpstream(cut.outerOrderNo)) > 0);
  await gateway.restart();
  assert.notEqual(await lost, 201);

  assert.equal((await create(cut)).json.code, "start-outcome-unknown");
  assert.equal(await startedUpstream(cut.outerOrderNo), 1);
  assert.equal((await read(done.outerOrderNo, "?material=false")).json.status, "passed");
  const again = await create(open);
  assert.equal(again.status, 200);
  assert.equal(again.json.certifyId, opened.json.certifyId);
});
