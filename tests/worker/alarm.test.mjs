// The ledger's alarm on a real host: with much work due, with an unresponsive receiver, and with a temporarily
// invalid setting.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { loopback } from "../support/fault-server.mjs";
import { until } from "../support/until.mjs";
import { only, startBoth } from "../support/gateway.mjs";
import { callerOf, sample } from "../support/samples.mjs";
import { submit } from "../support/sandbox.mjs";

const ROUTE = "/v1/face-verifications";
const CALLERS = ["shop", "bank"];
const token = (caller) => `${caller}-token`;

let both, receiver;
/** The order numbers of received deliveries, and whether the receiver responds. */
const received = [];
let answers = true;

before(async () => {
  receiver = await loopback(({ text }, response) => {
    received.push(JSON.parse(text).data.outerOrderNo);
    if (answers) response.writeHead(204).end();
  });
  both = await startBoth(
    {
      GATEWAY_PUBLIC_URL: "https://gateway.invalid",
      CLOUDAUTH_CALLS_PER_SECOND: "1000",
      GATEWAY_CALLERS: JSON.stringify(
        CALLERS.map((id) => callerOf(id, token(id), { webhookUrl: `${receiver.endpoint}/${id}` })),
      ),
    },
    { evicting: true },
  );
});

after(async () => {
  await both?.close();
  await receiver?.close();
});

/** Starts an order; returns its number, its CertifyId and the path of its callback. */
async function start(caller) {
  const { gateway, endpoint } = both;
  const order = sample();
  const { json } = await gateway.call("POST", ROUTE, { body: order, token: token(caller) });
  const response = await fetch(`${endpoint}/_sandbox/verifications/${json.certifyId}`);
  const { callback } = await response.json();
  return { no: order.outerOrderNo, certifyId: json.certifyId, path: new URL(callback.url).pathname };
}

/** Requests /livez before every poll, to which a hanging process does not respond. */
const untilAlive = (condition) =>
  until(async () => {
    const alive = await fetch(`${both.gateway.url}/livez`, { signal: AbortSignal.timeout(30_000) });
    assert.equal(alive.status, 200);
    await alive.body?.cancel();
    return condition();
  });

const callBack = (path) => both.gateway.call("POST", path, { token: null });

test("many callbacks of one order do not stop the process", { timeout: 120_000 }, async () => {
  const { no, certifyId, path } = await start("shop");
  await submit(both.endpoint, certifyId, "passed");
  await Promise.all(Array.from({ length: 30 }, () => callBack(path)));
  await untilAlive(() => received.includes(no));
});

test("the alarms of many orders do not stop the process", { timeout: 120_000 }, async () => {
  const orders = await Promise.all(Array.from({ length: 40 }, () => start("shop")));
  for (const { certifyId } of orders) await submit(both.endpoint, certifyId, "205");
  await Promise.all(orders.map(({ path }) => callBack(path)));
  await untilAlive(() => orders.every(({ no }) => received.includes(no)));
});

const platform = { skip: only("worker", "the platform's alarms"), timeout: 120_000 };

test("an alarm lost by the platform is set again", platform, async () => {
  const { gateway } = both;
  const { no, certifyId, path } = await start("shop");
  await submit(both.endpoint, certifyId, "passed");
  const lost = await fetch(`${gateway.url}/_lose/shop${path}`);
  assert.equal(lost.status, 204);
  assert.ok(!received.includes(no));
  // Requests of callers must not change that.
  await gateway.call("GET", ROUTE, { token: token("shop") });
  await untilAlive(() => received.includes(no));
});

test("an alarm that fails fires again", platform, async () => {
  const response = await fetch(`${both.gateway.url}/_fail/shop`);
  const { threw, again } = await response.json();
  assert.equal(threw, false);
  assert.ok(again > 0 && again <= 60_000, String(again));
  await untilAlive(() => both.gateway.output().includes('{"alarm":"failed","ledger":"shop",'));
});

test("a webhook receiver that does not answer delays no verdict", { timeout: 120_000 }, async () => {
  answers = false;
  const orders = await Promise.all(Array.from({ length: 12 }, () => start("bank")));
  for (const { certifyId } of orders) await submit(both.endpoint, certifyId, "passed");
  await Promise.all(orders.map(({ path }) => callBack(path)));
  await untilAlive(async () => {
    const { json } = await both.gateway.call("GET", `${ROUTE}?status=pending`, { token: token("bank") });
    return json.items.length === 0;
  });
  // The deliveries of the other callers arrive.
  answers = true;
  const { no, certifyId, path } = await start("shop");
  await submit(both.endpoint, certifyId, "passed");
  await callBack(path);
  await untilAlive(() => received.includes(no));
});
