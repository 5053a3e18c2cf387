// Requests that wait for a verdict, on a real host: they share the queries of their order, give way to other calls,
// and end when the client disconnects.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { json, loopback } from "../support/fault-server.mjs";
import { only, startGateway } from "../support/gateway.mjs";
import { callerOf, sample } from "../support/samples.mjs";

const ROUTE = "/v1/face-verifications";
const LIMIT = { timeout: 180_000 };
const CALLERS = ["shop", "bank"];
const token = (caller) => `${caller}-token`;

let vendor, gateway;
/** The number of DescribeFaceVerify calls, and the verdicts so far by CertifyId. */
let asked = 0;
const verdicts = new Map();

before(async () => {
  vendor = await loopback((request, response) => {
    const { form } = request;
    const answer = (Code, ResultObject) => json({ Code, RequestId: "r", ResultObject })(request, response);
    if (form.get("Action") === "InitFaceVerify") {
      return answer("200", { CertifyId: `certify${form.get("OuterOrderNo")}` });
    }
    asked += 1;
    const verdict = verdicts.get(form.get("CertifyId"));
    return verdict ? answer("200", verdict) : answer("424");
  });
  gateway = await startGateway({
    GATEWAY_MODE: "development",
    CLOUDAUTH_ENDPOINTS: vendor.endpoint,
    CLOUDAUTH_CALLS_PER_SECOND: "10",
    GATEWAY_CALLERS: JSON.stringify(
      CALLERS.map((id) => callerOf(id, token(id), { scopes: ["create", "read", "read:material"] })),
    ),
  });
});

after(async () => {
  await gateway?.close();
  await vendor?.close();
});

async function start(caller) {
  const order = sample();
  const { status } = await gateway.call("POST", ROUTE, { body: order, token: token(caller) });
  assert.equal(status, 201);
  return order.outerOrderNo;
}

const read = (caller, no, headers = {}) =>
  gateway.call("GET", `${ROUTE}/${no}`, { token: token(caller), headers });
const poll = (caller, no, seconds) => read(caller, no, { prefer: `wait=${seconds}` });

test("concurrent polls of one order share their queries", LIMIT, async () => {
  const no = await start("shop");
  asked = 0;
  const began = Date.now();
  const polls = await Promise.all(Array.from({ length: 100 }, () => poll("shop", no, 3)));
  for (const { status, json } of polls) assert.deepEqual([status, json.status], [200, "pending"]);
  // There are pauses of seconds between them, except around the first and the last one.
  const most = 2 + (Date.now() - began) / 1000;
  assert.ok(asked <= most, `${asked} questions, of ${most}`);
});

test("all polls get the verdict and its material at once", LIMIT, async () => {
  const no = await start("shop");
  asked = 0;
  const polls = Array.from({ length: 50 }, () => poll("shop", no, 60));
  verdicts.set(`certify${no}`, { Passed: "T", SubCode: "200", MaterialInfo: '{"faceAttack":"F"}' });
  for (const { json } of await Promise.all(polls)) {
    assert.deepEqual([json.status, json.material.faceAttack], ["passed", false]);
  }
  assert.ok(asked < 50, `${asked} questions`);
});

test("polls of many orders leave room for other callers", LIMIT, async () => {
  const twenty = () => Promise.all(Array.from({ length: 20 }, () => start("shop")));
  const orders = [...(await twenty()), ...(await twenty())];
  const other = await start("bank");
  let polling = true;
  const polls = Promise.all(orders.map((no) => poll("shop", no, 15))).finally(() => (polling = false));
  do {
    const { status, text } = await read("bank", other);
    assert.equal(status, 200, text);
  } while (polling);
  for (const { status, json } of await polls) assert.deepEqual([status, json.status], [200, "pending"]);
});

test("a caller that asks too much leaves room for other callers", LIMIT, async () => {
  const [no, other] = [await start("shop"), await start("bank")];
  let flooding = true;
  const refused = [];
  const flood = Promise.all(
    Array.from({ length: 80 }, async () => {
      while (flooding) {
        const answer = await read("shop", no);
        if (answer.status !== 200) return refused.push(answer.json.code);
      }
    }),
  );
  // Every one of these finds a place, while some of the others do not.
  for (let times = 0; times < 3 || refused.length === 0; times += 1)
    assert.equal((await read("bank", other)).status, 200);
  flooding = false;
  await flood;
  for (const code of refused) assert.equal(code, "upstream-throttled");
});

const unseen = only(
  "node",
  "`wrangler dev` stands before workerd and keeps its connection when a client goes away",
);
test("polls end when the client disconnects", { ...LIMIT, skip: unseen }, async () => {
  const no = await start("shop");
  const clients = new AbortController();
  const ids = Array.from({ length: 20 }, () => crypto.randomUUID());
  const polls = ids.map(async (id) => {
    const headers = { authorization: `Bearer ${token("shop")}`, prefer: "wait=60", "x-request-id": id };
    await fetch(`${gateway.url}${ROUTE}/${no}`, { headers, signal: clients.signal }).catch(() => {});
  });
  // Once this one has received its response, the others wait.
  await poll("shop", no, 1);
  clients.abort();
  await Promise.all(polls);
  for (const id of ids) await gateway.prints(new RegExp(`"${id}".*"client-disconnected"`));
});
