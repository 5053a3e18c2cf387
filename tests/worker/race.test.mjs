// Callers race for orders on a real host while Alibaba Cloud fails in every way and the ledger's
// instance ends again and again. In the native schedules (tests/gateway/schedules.rs), a seed
// determines every step; here, the host determines them.

import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { after, before, test } from "node:test";
import { json, loopback } from "../support/fault-server.mjs";
import { startGateway } from "../support/gateway.mjs";
import { sample, seeded } from "../support/samples.mjs";

const ROUTE = "/v1/face-verifications";
const CALLERS = 50;
const ORDERS = 4;
const EVICTIONS = 12;

/** What Alibaba Cloud actually started, by order, and the verdicts that it returned. */
const started = new Map();
const verdicts = new Map();
/** Reports every call that reaches Alibaba Cloud. */
const calls = new EventEmitter();
/** Whether Alibaba Cloud fails. */
let stormy = true;
/** Responses of Alibaba Cloud wait for this promise. */
let held;
let vendor, gateway, dice;

/** Executes an action and returns the response; undefined for no response. */
function execute(form) {
  const success = (ResultObject) => [200, { Code: "200", RequestId: "r", ResultObject }];
  if (form.get("Action") === "DescribeFaceVerify") {
    if (stormy && dice(8) === 0) return dice(2) ? undefined : [500, { Code: "InternalError" }];
    const id = form.get("CertifyId");
    if ((!stormy || dice(6) === 0) && !verdicts.has(id))
      verdicts.set(id, dice(2) ? ["T", "200"] : ["F", "205"]);
    const [Passed, SubCode] = verdicts.get(id) ?? [];
    return Passed ? success({ Passed, SubCode }) : [200, { Code: "424" }];
  }
  const fate = stormy ? dice(10) : undefined;
  if (fate === 0) return [200, { Code: "412" }];
  if (fate === 1) return [400, { Code: "Throttling.User" }];
  if (fate === 2) return undefined;
  const no = form.get("OuterOrderNo");
  const ids = started.get(no) ?? [];
  const CertifyId = `${no}-${ids.length}`;
  started.set(no, [...ids, CertifyId]);
  if (fate === 3) return undefined;
  if (fate === 4) return [503, { Code: "ServiceUnavailable" }];
  if (fate === 5) return [200, { Code: "500" }];
  return success({ CertifyId });
}

before(async () => {
  dice = seeded(20190307);
  vendor = await loopback(async (request, response) => {
    const answer = execute(request.form);
    calls.emit("call");
    await held;
    if (answer) {
      json(answer[1], answer[0])(request, response);
    } else if (dice(2)) {
      request.socket.destroy();
    }
    // Otherwise no response, until the gateway's time limit is exceeded.
  });
  gateway = await startGateway(
    {
      GATEWAY_MODE: "development",
      CLOUDAUTH_ENDPOINTS: vendor.endpoint,
      CLOUDAUTH_TIMEOUT_MS: "3000",
      CLOUDAUTH_TOTAL_TIMEOUT_MS: "6000",
      CLOUDAUTH_CALLS_PER_SECOND: "1000",
    },
    { evicting: true },
  );
});

after(async () => {
  await gateway?.close();
  await vendor?.close();
});

test("no order gets two CertifyIds, is restarted unasked, or loses its verdict", async () => {
  const orders = Array.from({ length: ORDERS }, () => sample());
  const handedOut = new Map(orders.map(({ outerOrderNo }) => [outerOrderNo, new Set()]));
  const statusesOf = new Map(orders.map(({ outerOrderNo }) => [outerOrderNo, new Set()]));
  const restarts = new Map(orders.map(({ outerOrderNo }) => [outerOrderNo, 0]));
  const outcomes = new Map();

  let evictions = 0;
  const isOver = () => evictions === EVICTIONS;

  async function caller(number) {
    const order = orders[number % ORDERS];
    const no = order.outerOrderNo;
    let last;
    while (!isOver() || statusesOf.get(no).size === 0) {
      const reads = last?.certifyId && dice(4) > 0;
      const again = !reads && last?.code === "start-outcome-unknown" && dice(2) === 0;
      if (again) restarts.set(no, restarts.get(no) + 1);
      const decided = statusesOf.get(no).size > 0;
      const { status, json } = await (reads
        ? gateway.call("GET", `${ROUTE}/${no}${dice(2) ? "?material=false" : ""}`)
        : gateway.call("POST", `${ROUTE}${again ? "?restartUnknown=true" : ""}`, { body: order }));
      last = json;
      const standing = status === 200 ? json.status : undefined;
      const outcome = json.code ?? standing ?? status;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (json.certifyId) handedOut.get(no).add(json.certifyId);
      if (standing && standing !== "pending") {
        const [passed] = verdicts.get(json.certifyId);
        assert.equal(standing, passed === "T" ? "passed" : "rejected");
        statusesOf.get(no).add(standing);
      } else if (standing === "pending") {
        assert.ok(!decided, "a verdict was lost");
      }
    }
  }

  /**
   * Triggered by calls that reach Alibaba Cloud and not by the clock, so that every eviction hits
   * calls in progress.
   */
  async function evict() {
    while (!isOver()) {
      for (let count = dice(20); count >= 0; count -= 1) await once(calls, "call");
      await gateway.evict("dev");
      evictions += 1;
    }
    stormy = false;
  }

  const callers = Array.from({ length: CALLERS }, (_, number) => caller(number));
  await Promise.all([...callers, evict()]);

  for (const { outerOrderNo: no } of orders) {
    assert.ok(handedOut.get(no).size <= 1, `${no}: ${[...handedOut.get(no)]}`);
    assert.ok(statusesOf.get(no).size <= 1, `${no}: ${[...statusesOf.get(no)]}`);
    const times = started.get(no)?.length ?? 0;
    assert.ok(times <= 1 + restarts.get(no), `${no} was started ${times} times`);
    // What was issued is still known, even to a new instance.
    await gateway.evict("dev");
    const { json } = await gateway.call("GET", `${ROUTE}/${no}?material=false`);
    for (const id of handedOut.get(no)) {
      assert.ok(!json.certifyId || json.certifyId === id, "another CertifyId");
    }
    for (const status of statusesOf.get(no)) assert.equal(json.status, status);
  }
  const seen = [...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(", ");
  assert.ok(
    [...statusesOf.values()].every((statuses) => statuses.size === 1),
    seen,
  );
});

/** Ends the ledger's instance while Alibaba Cloud processes the call that `request` causes. */
async function resetDuring(request) {
  let answer;
  held = new Promise((resolve) => (answer = resolve));
  const arrived = once(calls, "call");
  const running = request();
  await arrived;
  held = undefined;
  await gateway.evict("dev");
  const result = await running;
  answer();
  return result;
}

test("a reset of the instance is retried unseen by the caller, and nothing is started twice", async () => {
  stormy = false;
  const order = sample();
  const no = order.outerOrderNo;
  const start = (query) => () => gateway.call("POST", `${ROUTE}${query}`, { body: order });
  for (const [query, times] of [
    ["", 1],
    ["?restartUnknown=true", 2],
  ]) {
    const { json } = await resetDuring(start(query));
    assert.equal(json.code, "start-outcome-unknown");
    assert.equal(started.get(no).length, times);
  }
  const { json } = await start("?restartUnknown=true")();
  assert.equal(json.certifyId, `${no}-2`);
  const read = await resetDuring(() => gateway.call("GET", `${ROUTE}/${no}`));
  const [passed] = verdicts.get(json.certifyId);
  assert.deepEqual([read.status, read.json.status], [200, passed === "T" ? "passed" : "rejected"]);
});
