// The published client of the REST API against the real gateway, with the sandbox as its upstream.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { GatewayClient } from "../../pkg/dist/gateway-client.js";
import { faultServer, hang } from "../support/fault-server.mjs";
import { startBoth } from "../support/gateway.mjs";
import { sample } from "../support/samples.mjs";
import { injectFault, startsOf, submit } from "../support/sandbox.mjs";

let both, client, endpoint, url;

before(async () => {
  both = await startBoth({ CLOUDAUTH_TIMEOUT_MS: "2000", CLOUDAUTH_TOTAL_TIMEOUT_MS: "5000" });
  endpoint = both.endpoint;
  url = both.gateway.url;
  client = new GatewayClient({ url, token: "dev-token" });
});

after(() => both?.close());

afterEach(() => fetch(`${endpoint}/_sandbox/faults`, { method: "DELETE" }));

const fault = (description) => injectFault(endpoint, description);
const startedUpstream = (no) => startsOf(endpoint, no);

const errorOf = (promise) =>
  promise.then(
    () => assert.fail("no error"),
    (error) => error,
  );

test("an order from its start to its verdict", async () => {
  const order = sample({ sceneId: 1000000006n });
  const { outerOrderNo } = order;
  const { certifyId } = await client.start(order);
  assert.equal((await client.start(order)).certifyId, certifyId, "a repetition");
  assert.equal((await client.read(outerOrderNo)).status, "pending");
  const seen = [];
  const waiting = client.waitForResult(outerOrderNo, { onPending: ({ status }) => seen.push(status) });
  await submit(endpoint, certifyId, "passed");
  const verdict = await waiting;
  assert.deepEqual([verdict.status, verdict.subCode, verdict.certifyId], ["passed", "200", certifyId]);
  assert.equal(verdict.subCodeInfo.messages.en.length > 0, true);
  assert.ok(verdict.material.facialPictureFront.pictureUrl);
  assert.equal((await client.read(outerOrderNo, { material: false })).material, undefined);
  const { items } = await client.list({ search: certifyId });
  assert.deepEqual([items.length, items[0].status], [1, "passed"]);
  const { days } = await client.count();
  assert.ok(days.some(({ passed }) => passed > 0));
});

test("pages of a list", async () => {
  for (let count = 0; count < 3; count += 1) await client.start(sample());
  const first = await client.list({ limit: 2 });
  const second = await client.list({ limit: 2, cursor: first.nextCursor });
  assert.equal(first.items.length, 2);
  const seen = new Set([...first.items, ...second.items].map(({ outerOrderNo }) => outerOrderNo));
  assert.equal(seen.size, first.items.length + second.items.length);
});

test("401: a token that nobody has", async () => {
  const error = await errorOf(new GatewayClient({ url, token: "wrong" }).start(sample()));
  assert.deepEqual([error.kind, error.code, error.execution], ["credentials", "unauthenticated", "none"]);
  assert.match(error.messages.zh, /令牌/);
});

test("409: the order with other input", async () => {
  const order = sample();
  await client.start(order);
  const error = await errorOf(client.start({ ...order, userId: "another" }));
  assert.deepEqual([error.code, error.httpStatus, error.execution], ["order-conflict", 409, "none"]);
});

test("400: the fields that are wrong", async () => {
  const error = await errorOf(client.start(sample({ certNo: "110105194912310021" })));
  assert.deepEqual(
    [error.kind, error.code, error.fields[0].field],
    ["validation", "invalid-request", "certNo"],
  );
  assert.ok(error.messages.zh && error.messages.en);
});

test("404: another caller's order, and none", async () => {
  assert.equal((await errorOf(client.read("f".repeat(32)))).code, "unknown-order");
});

test("422: Alibaba Cloud's refusal, with its code", async () => {
  await fault({ action: "InitFaceVerify", kind: "error", code: "414" });
  const error = await errorOf(client.start(sample()));
  assert.deepEqual([error.code, error.execution, error.httpStatus], ["vendor-refused", "none", 422]);
  assert.match(error.message, /Code 414/);
});

test("an unknown outcome is kept, and started again only on request", async () => {
  await fault({ kind: "hang", executed: true });
  const order = sample();
  const error = await errorOf(client.start(order));
  assert.deepEqual(
    [error.code, error.execution, error.retryable],
    ["start-outcome-unknown", "unknown", false],
  );
  assert.equal((await errorOf(client.start(order))).code, "start-outcome-unknown");
  assert.equal(await startedUpstream(order.outerOrderNo), 1);
  const { certifyId } = await client.start(order, { restartUnknown: true });
  assert.equal((await client.start(order, { restartUnknown: true })).certifyId, certifyId);
});

test("a response that was lost on the way: the repetition returns the CertifyId, and nothing starts twice", async () => {
  let requests = 0;
  const losing = new GatewayClient({
    url,
    token: "dev-token",
    async fetch(address, init) {
      const response = await fetch(address, init);
      requests += 1;
      if (requests > 1) return response;
      await response.body.cancel();
      throw Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNRESET" } });
    },
  });
  const order = sample();
  const { certifyId } = await losing.start(order);
  assert.equal(requests, 2);
  assert.equal((await client.start(order)).certifyId, certifyId);
  assert.equal(await startedUpstream(order.outerOrderNo), 1);
});

test("many calls for one order at the same time return one CertifyId", async () => {
  const order = sample();
  const started = await Promise.all(Array.from({ length: 5 }, () => client.start(order)));
  assert.equal(new Set(started.map(({ certifyId }) => certifyId)).size, 1);
  assert.equal(await startedUpstream(order.outerOrderNo), 1);
});

test("a gateway that hangs: the same order afterwards, at one that does not", async () => {
  await using server = await faultServer(hang);
  const order = sample();
  const hanging = new GatewayClient({
    url: server.endpoint,
    token: "dev-token",
    timeoutMs: 300,
    maxAttempts: 1,
  });
  const error = await errorOf(hanging.start(order));
  assert.deepEqual([error.code, error.execution], ["Timeout", "unknown"]);
  assert.ok((await client.start(order)).certifyId);
  assert.equal(await startedUpstream(order.outerOrderNo), 1);
});

test("the request's id of an error is that of the gateway's log", async () => {
  const { requestId } = await errorOf(client.read("e".repeat(32)));
  await both.gateway.prints(new RegExp(`"requestId":"${requestId}"`));
});
