// Tests what hosts do when a part of the platform fails: the rate limit, the metrics, a Durable Object.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { nodeTransport } from "../../pkg/dist/transport-node.js";
import { loadCore, settingsText } from "../../host/core.js";
import { handle } from "../../host/front.js";
import { LedgerRunner } from "../../host/ledger.js";
import { at } from "../../scripts/lib/project.mjs";
import { SqliteStore } from "../../server/sqlite.js";
import { inObject } from "../../worker/durable-object.js";
import { record } from "../../worker/metrics.js";
import { faultServer, json } from "../support/fault-server.mjs";
import { sample } from "../support/samples.mjs";

const core = loadCore(readFileSync(at("pkg", "wasm", "gateway", "cloudauth_edge_bg.wasm")));
const settings = settingsText({ GATEWAY_MODE: "development" });

/** The second line has the form of a stack frame. */
const MESSAGE = "planted: 张三\n    at planted 11010519491231002X";

/** The task of a request that starts this order. */
const startOf = (order) =>
  taskOf("POST", "/v1/face-verifications", new TextEncoder().encode(JSON.stringify(order)));

/** The task of a request that reads this order. */
const readOf = (order) => taskOf("GET", `/v1/face-verifications/${order.outerOrderNo}`, new Uint8Array());

const messageOf = (method, path) => ({
  method,
  path,
  query: "",
  headers: [
    ["authorization", "Bearer dev-token"],
    ["content-type", "application/json"],
  ],
  host: "127.0.0.1:8787",
  freshId: crypto.randomUUID(),
});

function taskOf(method, path, body) {
  const { caller, then } = core.route(settings, { ...messageOf(method, path), body });
  assert.equal(then.type, "ledger");
  return { caller, task: then.task };
}

test("an internal error is logged with its place and code, without its message", async () => {
  const lines = [];
  const host = {
    core,
    settings,
    mayGoOn: async () => true,
    run: () => Promise.reject(Object.assign(new TypeError(MESSAGE), { code: "E_PLANTED" })),
    observe: (line) => lines.push(line),
  };
  const { status, body } = await handle(host, messageOf("GET", "/v1/face-verifications"));
  const [{ error }] = lines;
  assert.ok(error.at.length > 0);
  assert.deepEqual([status, lines.length, error.name, error.code], [500, 1, "TypeError", "E_PLANTED"]);
  assert.ok(error.at[0].includes("host.test.mjs"), error.at[0]);
  for (const text of [body, JSON.stringify(lines)]) assert.ok(!text.includes("planted"), text);
});

test("a start whose turn cannot be found out is not sent, and the order stays free", async (t) => {
  const { mock: printed } = t.mock.method(console, "error", () => {});
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  const store = new SqliteStore(join(folder, "gateway.db"));
  t.after(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
  const body = JSON.stringify({ Code: "200", ResultObject: { CertifyId: "certify1" } });
  const sent = [];
  let turn = () => Promise.reject(new Error(MESSAGE));
  const order = sample();
  const { caller, task } = startOf(order);
  const host = {
    core,
    settings: () => settings,
    instance: "one",
    turn: () => turn(),
    async send(request) {
      sent.push(request);
      return { kind: "answered", status: 200, headers: [], body: new TextEncoder().encode(body) };
    },
  };
  const runner = new LedgerRunner(host, store.ledger(caller), caller);
  const refused = (await runner.run(task)).reply;
  assert.deepEqual([refused.status, refused.outcome, sent.length], [503, "upstream-throttled", 0]);
  assert.ok(!refused.body.includes("planted"), refused.body);
  assert.equal(JSON.parse(refused.body).execution, "none");
  assert.deepEqual(
    printed.calls.map(({ arguments: [line] }) => line),
    ['{"turn":"failed","ledger":"dev","error":"Error"}'],
  );
  turn = async () => 0;
  assert.equal((await runner.run(startOf(order).task)).reply.status, 201);
  assert.equal(sent.length, 1);
});

test("a body beyond the limit is not read further", async () => {
  const MIB = 1024 * 1024;
  let pulled = 0;
  let cancelled = false;
  const endless = new ReadableStream({
    pull(controller) {
      pulled += MIB;
      controller.enqueue(new Uint8Array(MIB));
    },
    cancel() {
      cancelled = true;
    },
  });
  const host = { core, settings, mayGoOn: async () => true, observe() {} };
  const message = messageOf("POST", "/v1/face-verifications");
  const { status } = await handle(host, message, () => endless.getReader());
  assert.equal(status, 413);
  assert.ok(cancelled);
  // The limit is 2 MiB. So that its sender gets the response, 8 MiB more are read.
  assert.ok(pulled <= 12 * MIB, `${pulled} bytes`);
});

test("failures that no response reports are logged with their ledger, and counted", async (t) => {
  const { mock: printed } = t.mock.method(console, "error", () => {});
  const commit = {
    alarm: null,
    wake: [],
    unreadable: ["order/1"],
    failure: "request of order/2",
    undelivered: { status: 503 },
    next: { type: "idle" },
  };
  const failed = Object.assign(new Error(MESSAGE), { code: "ERR_SQLITE_ERROR", errcode: 13 });
  const outcomes = [() => ({ commit }), () => Promise.reject(failed)];
  const counted = [];
  const host = {
    core: { alarm: () => "alarm", step: () => outcomes.shift()() },
    settings: () => settings,
    observeFailure: (...failure) => counted.push(failure),
  };
  const storage = { step: async (decide) => (await decide({})).commit, setAlarm() {} };
  const runner = new LedgerRunner(host, storage, "payments");
  await runner.alarm();
  await runner.alarm();
  assert.deepEqual(
    printed.calls.map(({ arguments: [line] }) => line),
    [
      '{"row":"unreadable","ledger":"payments","key":"order/1"}',
      '{"step":"failed","ledger":"payments","reason":"request of order/2"}',
      '{"webhook":"given-up","ledger":"payments","status":503}',
      '{"alarm":"failed","ledger":"payments","error":"Error","code":"ERR_SQLITE_ERROR","errcode":13}',
    ],
  );
  assert.deepEqual(
    counted,
    ["row", "step", "webhook", "alarm"].map((failure) => [failure, "payments"]),
  );
});

test("the log of a request has Alibaba Cloud's Code and RequestId, if its call failed", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  const store = new SqliteStore(join(folder, "gateway.db"));
  t.after(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
  const RequestId = "04F0F334-1335-436C-A1D7-6C044FE73368";
  const lines = [];
  let answer = { Code: "401", Message: MESSAGE, RequestId };
  const ledgerHost = {
    core,
    settings: () => settings,
    instance: "one",
    turn: async () => 0,
    send: async () => {
      const body = new TextEncoder().encode(JSON.stringify(answer));
      return { kind: "answered", status: 200, headers: [], body };
    },
  };
  const host = {
    core,
    settings,
    mayGoOn: async () => true,
    run: (caller, task) => new LedgerRunner(ledgerHost, store.ledger(caller), caller).run(task),
    observe: (line) => lines.push(line),
  };
  const start = async (order) => {
    const body = new Blob([JSON.stringify(order)]).stream();
    return handle(host, messageOf("POST", "/v1/face-verifications"), () => body.getReader());
  };
  assert.equal((await start(sample())).status, 422);
  answer = { Code: "200", RequestId, ResultObject: { CertifyId: "certify1" } };
  assert.equal((await start(sample())).status, 201);
  assert.deepEqual(
    lines.map(({ outcome, vendorCode, vendorRequestId }) => [outcome, vendorCode, vendorRequestId]),
    [
      ["vendor-refused", "401", RequestId],
      ["created", undefined, undefined],
    ],
  );
});

test("only calls of the same action count as waiting for a turn", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  const store = new SqliteStore(join(folder, "gateway.db"));
  t.after(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
  /** The calls that ask for a turn, as `[action, ofCaller]`. */
  const asked = [];
  let turn = async () => 0;
  const host = {
    core,
    settings: () => settings,
    instance: "one",
    turn(action, { ofCaller }) {
      asked.push([action, ofCaller]);
      return turn();
    },
    async send({ body }) {
      const form = new URLSearchParams(body);
      const answer =
        form.get("Action") === "InitFaceVerify"
          ? { Code: "200", ResultObject: { CertifyId: form.get("OuterOrderNo") } }
          : { Code: "424" };
      const bytes = new TextEncoder().encode(JSON.stringify(answer));
      return { kind: "answered", status: 200, headers: [], body: bytes };
    },
  };
  const order = sample();
  const { caller, task } = startOf(order);
  const runner = new LedgerRunner(host, store.ledger(caller), caller);
  await runner.run(task);
  asked.length = 0;
  // No call has its turn before all of them wait.
  let allWait;
  const turns = new Promise((resolve) => (allWait = resolve));
  turn = () => {
    if (asked.length === 4) allWait(0);
    return turns;
  };
  const tasks = [readOf(order), readOf(order), startOf(sample()), startOf(sample())];
  await Promise.all(tasks.map(({ task }) => runner.run(task)));
  assert.deepEqual(asked.toSorted(), [
    ["DescribeFaceVerify", 0],
    ["DescribeFaceVerify", 1],
    ["InitFaceVerify", 0],
    ["InitFaceVerify", 1],
  ]);
  // All of them have had their turns.
  asked.length = 0;
  await runner.run(readOf(order).task);
  assert.deepEqual(asked, [["DescribeFaceVerify", 0]]);
});

test("a start uses no connection that has been idle for two seconds", async (t) => {
  const started = (CertifyId) => json({ Code: "200", ResultObject: { CertifyId } });
  await using upstream = await faultServer(started("certify1"), started("certify2"), started("certify3"));
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  const store = new SqliteStore(join(folder, "gateway.db"));
  t.after(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
  const own = settingsText({ GATEWAY_MODE: "development", CLOUDAUTH_ENDPOINTS: upstream.endpoint });
  const host = { core, settings: () => own, instance: "one", turn: async () => 0, send: nodeTransport() };
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  for (const millis of [0, 1_999, 2_000]) {
    t.mock.timers.tick(millis);
    const { caller, task } = startOf(sample());
    const { reply } = await new LedgerRunner(host, store.ledger(caller), caller).run(task);
    assert.equal(reply.status, 201);
  }
  const [first, soon, late] = upstream.requests.map(({ port }) => port);
  assert.equal(first, soon);
  assert.notEqual(soon, late);
});

test("a data point that the platform refuses fails nothing", () => {
  const points = [];
  const dataset = {
    writeDataPoint(point) {
      if (points.length === 1) throw new Error("Analytics Engine write limit exceeded.");
      points.push(point);
    },
  };
  record(dataset, { blobs: ["one"] });
  record(dataset, { blobs: ["two"] });
  record(undefined, { blobs: ["three"] });
  assert.deepEqual(points, [{ blobs: ["one"] }]);
});

test("a call of a Durable Object that was reset is repeated, one that is overloaded is not", async () => {
  const namespace = { idFromName: (name) => `id of ${name}`, get: (id) => ({ id }) };
  const failing = (failures, error) => (stub, resets) => {
    if (resets < failures) throw Object.assign(new Error("planted"), error);
    return [stub.id, resets];
  };
  const call = (failures, error) => inObject(namespace, "a", failing(failures, error));
  assert.deepEqual(await call(0), ["id of a", 0]);
  assert.deepEqual(await call(3, { durableObjectReset: true }), ["id of a", 3]);
  assert.deepEqual(await call(1, { retryable: true }), ["id of a", 1]);
  await assert.rejects(call(4, { retryable: true }), /planted/);
  await assert.rejects(call(1, { retryable: true, overloaded: true }), /planted/);
  await assert.rejects(call(1, {}), /planted/);
});
