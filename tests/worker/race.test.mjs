// Callers race for orders in the real workerd while the vendor fails in every way and the ledger's
// instance ends again and again. The native schedules (tests/gateway/schedules.rs) choose every step
// by a seed; here the steps are workerd's own.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { at } from "../../scripts/lib/project.mjs";
import { configured, sample, seeded, startGateway } from "./gateway.mjs";

const ROUTE = "/v1/face-verifications";
const CALLERS = 50;
const ORDERS = 4;
const REQUESTS = 6;
const EVICTIONS = 12;

/** What the vendor really started, by order, and the verdicts it gave. */
const started = new Map();
const verdicts = new Map();
let vendor, gateway, folder, dice;

/** Executes an action and gives what to answer; undefined for no answer at all. */
function execute(form) {
  const success = (ResultObject) => [200, { Code: "200", RequestId: "r", ResultObject }];
  if (form.get("Action") === "DescribeFaceVerify") {
    if (dice(8) === 0) return dice(2) ? undefined : [500, { Code: "InternalError" }];
    const id = form.get("CertifyId");
    if (dice(6) === 0 && !verdicts.has(id)) verdicts.set(id, dice(2) ? ["T", "200"] : ["F", "205"]);
    const [Passed, SubCode] = verdicts.get(id) ?? [];
    return Passed ? success({ Passed, SubCode }) : [200, { Code: "424" }];
  }
  const fate = dice(10);
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
  vendor = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const answer = execute(new URLSearchParams(body));
    await new Promise((resolve) => setTimeout(resolve, dice(60)));
    if (answer) {
      response.writeHead(answer[0], { "content-type": "application/json" }).end(JSON.stringify(answer[1]));
    } else if (dice(2)) {
      request.socket.destroy();
    }
    // Otherwise silence, until the gateway has had enough.
  }).listen(0, "127.0.0.1");
  await once(vendor, "listening");
  folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  const config = configured(folder, (text) =>
    text.replace(`main = "${at("worker.js")}"`, `main = "${at("tests", "worker", "evicting.js")}"`),
  );
  gateway = await startGateway(
    {
      GATEWAY_MODE: "development",
      CLOUDAUTH_ENDPOINTS: `http://127.0.0.1:${vendor.address().port}`,
      CLOUDAUTH_TIMEOUT_MS: "1000",
      CLOUDAUTH_TOTAL_TIMEOUT_MS: "3000",
      CLOUDAUTH_CALLS_PER_SECOND: "1000",
    },
    { config },
  );
});

after(async () => {
  await gateway?.close();
  vendor?.closeAllConnections();
  vendor?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

test("no order gets two CertifyIds, is started again unasked, or loses its verdict", async () => {
  const orders = Array.from({ length: ORDERS }, () => sample());
  const handedOut = new Map(orders.map(({ outerOrderNo }) => [outerOrderNo, new Set()]));
  const told = new Map(orders.map(({ outerOrderNo }) => [outerOrderNo, new Set()]));
  const restarts = new Map(orders.map(({ outerOrderNo }) => [outerOrderNo, 0]));
  const outcomes = new Map();

  async function caller(number) {
    const order = orders[number % ORDERS];
    const no = order.outerOrderNo;
    let last;
    for (let count = 0; count < REQUESTS; count += 1) {
      const reads = last?.certifyId && dice(4) > 0;
      const anew = !reads && last?.code === "start-outcome-unknown" && dice(2) === 0;
      if (anew) restarts.set(no, restarts.get(no) + 1);
      const decided = told.get(no).size > 0;
      const { status, json } = await (reads
        ? gateway.call("GET", `${ROUTE}/${no}${dice(2) ? "?material=false" : ""}`)
        : gateway.call("POST", `${ROUTE}${anew ? "?restartUnknown=true" : ""}`, { body: order }));
      last = json;
      const standing = status === 200 ? json.status : undefined;
      const outcome = json.code ?? standing ?? status;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (json.certifyId) handedOut.get(no).add(json.certifyId);
      if (standing && standing !== "pending") {
        const [passed] = verdicts.get(json.certifyId);
        assert.equal(standing, passed === "T" ? "passed" : "rejected");
        told.get(no).add(standing);
      } else if (standing === "pending") {
        assert.ok(!decided, "a verdict was lost");
      }
    }
  }

  async function evict() {
    for (let count = 0; count < EVICTIONS; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, 40 + dice(200)));
      const response = await fetch(`${gateway.url}/_evict/dev`);
      assert.equal(response.status, 204);
    }
  }

  const callers = Array.from({ length: CALLERS }, (_, number) => caller(number));
  await Promise.all([...callers, evict()]);

  for (const { outerOrderNo: no } of orders) {
    assert.ok(handedOut.get(no).size <= 1, `${no}: ${[...handedOut.get(no)]}`);
    assert.ok(told.get(no).size <= 1, `${no}: ${[...told.get(no)]}`);
    const times = started.get(no)?.length ?? 0;
    assert.ok(times <= 1 + restarts.get(no), `${no} was started ${times} times`);
    // What was handed out is still what is known, also to an instance that has just begun.
    await fetch(`${gateway.url}/_evict/dev`);
    const { json } = await gateway.call("GET", `${ROUTE}/${no}?material=false`);
    for (const id of handedOut.get(no)) {
      assert.ok(!json.certifyId || json.certifyId === id, "another CertifyId");
    }
    for (const status of told.get(no)) assert.equal(json.status, status);
  }
  // The evictions were felt, and callers got what they came for nevertheless.
  const seen = [...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(", ");
  assert.ok(outcomes.has("internal-error"), seen);
  assert.ok(outcomes.has("start-outcome-unknown"), seen);
  assert.ok(
    [...handedOut.values()].some((ids) => ids.size === 1),
    seen,
  );
});
