// Orders in a store: the recipe for SQLite, the store in memory, and stores that fail.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { inspect } from "node:util";
import { FaceVerifyClient } from "cloudauth-edge";
import { memoryOrders } from "cloudauth-edge/orders";
import { createSandbox } from "cloudauth-edge/sandbox";
import {
  SECRET,
  cases,
  clientOf,
  failure,
  killedDuringStart,
  orderOf,
  processesRace,
} from "../support/orders/cases.mjs";
import { stopClocks } from "../support/clocks.mjs";
import { sqliteOrders } from "../support/orders/sqlite.mjs";
import { until } from "../support/until.mjs";
import { table } from "../support/orders/table.mjs";

/** A database in a file, opened once per store. */
function sqlite() {
  const folder = mkdtempSync(join(tmpdir(), "orders-"));
  const file = join(folder, "orders.db");
  const opened = [];
  const connect = () => {
    const database = new DatabaseSync(file);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 60000;");
    opened.push(database);
    return database;
  };
  connect().exec(table);
  return {
    file,
    open: async () => sqliteOrders(connect(), SECRET),
    [Symbol.dispose]() {
      for (const database of opened) database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

for (const [name, run] of Object.entries(cases)) {
  test(`in memory, ${name}`, () => {
    const store = memoryOrders();
    return run(async () => store);
  });
  test(`in SQLite, ${name}`, async () => {
    using database = sqlite();
    await run(database.open);
  });
}

test("in SQLite, two processes that race for the same orders start each of them once", async () => {
  using database = sqlite();
  await processesRace(["sqlite", database.file]);
});

test("in SQLite, a process killed during a start leaves an order that is not started again", async () => {
  using database = sqlite();
  await killedDuringStart(database.open, ["sqlite", database.file]);
});

const summary = ({ kind, code, execution }) => [kind, code, execution];

const broken = () => {
  throw Object.assign(new Error(`connection of 张三 lost`), { code: "ECONNRESET" });
};

test("a store that fails before the start: nothing is started", async () => {
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  for (const fails of [{ begin: broken }, { begin: async () => false, read: broken }]) {
    const order = orderOf();
    const error = await failure(clientOf(server.url, { ...memoryOrders(), ...fails }).initFaceVerify(order));
    assert.deepEqual(
      [error.kind, error.code, error.execution, error.retryable, error.audience],
      ["order", "OrderStoreFailed", "none", true, "operator"],
    );
    assert.equal(error.cause.code, "ECONNRESET");
    assert.ok(!inspect(error).includes("张三"));
    assert.deepEqual(await sandbox.verifications({ outerOrderNo: order.outerOrderNo }), []);
  }
});

test("a store that fails after the start: the error has the CertifyId", async () => {
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  for (const settle of [broken, async () => false, async () => undefined]) {
    const store = memoryOrders();
    const order = orderOf();
    const error = await failure(clientOf(server.url, { ...store, settle }).initFaceVerify(order));
    const [{ certifyId }] = await sandbox.verifications({ outerOrderNo: order.outerOrderNo });
    assert.deepEqual(
      [error.code, error.execution, error.retryable, error.certifyId],
      ["OrderNotStored", "unknown", false, certifyId],
    );
    assert.equal(JSON.parse(JSON.stringify(error)).certifyId, certifyId);
    assert.ok(inspect(error).includes(certifyId));
    // The operator settles it with the error's CertifyId.
    const row = await store.read(order.outerOrderNo);
    assert.equal(await store.settle({ ...row, state: "started", certifyId: error.certifyId }), true);
    assert.equal((await clientOf(server.url, store).initFaceVerify(order)).certifyId, certifyId);
  }
});

test("a store that fails after a failed start: the caller gets the first error", async () => {
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  await sandbox.injectFault({ kind: "error", action: "InitFaceVerify", code: "412" });
  const store = { ...memoryOrders(), settle: broken };
  assert.equal((await failure(clientOf(server.url, store).initFaceVerify(orderOf()))).code, "412");
});

/** A store of which one function waits until the test lets it go on. */
function paused(name) {
  const store = memoryOrders();
  const [called, go] = [Promise.withResolvers(), Promise.withResolvers()];
  const slow = async (given) => {
    called.resolve();
    await go.promise;
    return store[name](given);
  };
  return { orders: { ...store, [name]: slow }, called: called.promise, go: go.resolve };
}

const accepts = async () => Response.json({ Code: "200", ResultObject: { CertifyId: "a" } });

test("a store may take almost all of a call's time, and ten seconds for the outcome", async (context) => {
  stopClocks(context.mock);
  for (const [name, millis] of [
    ["begin", 19_000],
    ["settle", 9_999],
  ]) {
    const { orders, called, go } = paused(name);
    const client = clientOf("http://127.0.0.1:1", orders, { fetch: accepts, totalTimeoutMs: 20_000 });
    const call = client.initFaceVerify(orderOf());
    await called;
    context.mock.timers.tick(millis);
    go();
    assert.equal((await call).certifyId, "a", name);
  }
});

test("a store that hangs after a start holds the call for ten seconds", async (context) => {
  stopClocks(context.mock);
  const { orders, called } = paused("settle");
  let ended = false;
  const call = failure(
    clientOf("http://127.0.0.1:1", orders, { fetch: accepts }).initFaceVerify(orderOf()),
  ).finally(() => (ended = true));
  await called;
  for (const [millis, over] of [
    [9_999, false],
    [1, true],
  ]) {
    context.mock.timers.tick(millis);
    await new Promise(setImmediate);
    assert.equal(ended, over);
  }
  const { code, certifyId } = await call;
  assert.deepEqual([code, certifyId], ["OrderNotStored", "a"]);
});

test("an order that is deleted while another call reads it is started by that call", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const store = memoryOrders();
  let begins = 0;
  const begin = async (row) => begins++ > 0 && store.begin(row);
  const read = async (number) => {
    setImmediate(() => context.mock.timers.tick(100));
    return store.read(number);
  };
  const client = clientOf("http://127.0.0.1:1", { ...store, begin, read }, { fetch: accepts });
  assert.equal((await client.initFaceVerify(orderOf())).certifyId, "a");
  assert.equal(begins, 2);
});

test("only the attempt that began an order settles it", async () => {
  using database = sqlite();
  for (const store of [memoryOrders(), await database.open()]) {
    const { outerOrderNo } = orderOf();
    const order = { outerOrderNo, fingerprint: "a hash", attempt: "one", state: "starting", until: 1 };
    const row = { ...order, certifyId: null, certifyUrl: null, requestId: null };
    assert.equal(await store.settle({ ...row, state: "failed" }), false, "there is no order");
    assert.equal(await store.begin(row), true);
    for (const state of ["failed", "unknown", "started"])
      assert.equal(await store.settle({ ...row, attempt: "another", state }), false, state);
    assert.deepEqual({ ...(await store.read(outerOrderNo)) }, row);
  }
});

test("a begin whose answer was lost is found again", async () => {
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  const store = memoryOrders();
  const begin = async (order) => {
    await store.begin(order);
    // The driver repeats the statement, which now finds its own row.
    return store.begin(order);
  };
  const order = orderOf();
  assert.ok((await clientOf(server.url, { ...store, begin }).initFaceVerify(order)).certifyId);
});

test("the signal ends every wait for a store, and the number is free again", async () => {
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  const store = memoryOrders();
  const order = orderOf();
  const controller = new AbortController();
  let insert;
  const inserted = new Promise((resolve) => (insert = resolve));
  const slow = { ...store, begin: (row) => inserted.then(() => store.begin(row)) };
  const call = clientOf(server.url, slow).initFaceVerify(order, { signal: controller.signal });
  controller.abort(new Error("enough"));
  const error = await failure(call);
  assert.deepEqual([error.kind, error.execution], ["aborted", "none"]);
  insert();
  // The next call starts it.
  assert.ok((await clientOf(server.url, store).initFaceVerify(order)).certifyId);
});

test("a number is freed again if its row appears after begin has failed", async (context) => {
  const store = memoryOrders();
  const order = orderOf();
  let insert;
  const begin = (row) => {
    insert = () => store.begin(row);
    // The driver gives up; the database does not.
    return Promise.reject(new Error("Query read timeout"));
  };
  context.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  const client = clientOf("http://127.0.0.1:1", { ...store, begin }, { totalTimeoutMs: 1_000 });
  assert.equal((await failure(client.initFaceVerify(order))).code, "OrderStoreFailed");
  await new Promise(setImmediate);
  context.mock.timers.tick(5_000);
  await insert();
  const { until: end } = await store.read(order.outerOrderNo);
  context.mock.timers.tick(end - Date.now() - 1);
  assert.equal(await store.read(order.outerOrderNo), null);
});

/** A store that inserts the row of an order and then fails. */
const failsLate = (store) => ({ ...store, begin: async (row) => (await store.begin(row)) && broken() });

test("a number that is freed at once is not freed again", async (context) => {
  stopClocks(context.mock);
  const store = memoryOrders();
  let settled = 0;
  const orders = { ...failsLate(store), settle: (order) => (settled++, store.settle(order)) };
  const order = orderOf();
  assert.equal(
    (await failure(clientOf("http://127.0.0.1:1", orders).initFaceVerify(order))).code,
    "OrderStoreFailed",
  );
  await new Promise(setImmediate);
  assert.equal(await store.read(order.outerOrderNo), null);
  context.mock.timers.tick(60_000);
  assert.equal(settled, 1);
});

test("a store that fails is reported also where timers are numbers, as in browsers", async (context) => {
  const { setTimeout } = globalThis;
  context.mock.method(globalThis, "setTimeout", (...given) => Number(setTimeout(...given)));
  const client = clientOf("http://127.0.0.1:1", failsLate(memoryOrders()));
  assert.equal((await failure(client.initFaceVerify(orderOf()))).code, "OrderStoreFailed");
});

test("a stored order outlasts the time of its call by more than a clock skew", async (context) => {
  stopClocks(context.mock);
  let lasts;
  const begin = (row) => {
    lasts = Number(row.until) - Date.now();
    return broken();
  };
  const client = clientOf("http://127.0.0.1:1", { ...memoryOrders(), begin }, { totalTimeoutMs: 20_000 });
  assert.equal((await failure(client.initFaceVerify(orderOf()))).execution, "none");
  assert.ok(lasts >= 30_000, String(lasts));
});

test("a number is freed if begin found its own row, and read fails or is aborted", async () => {
  for (const [read, kind] of [
    [broken, "order"],
    [(abort) => (abort(), new Promise(() => {})), "aborted"],
  ]) {
    const store = memoryOrders();
    const order = orderOf();
    const controller = new AbortController();
    const orders = {
      ...store,
      begin: async (row) => (await store.begin(row)) && false,
      read: () => read(() => controller.abort()),
    };
    const call = clientOf("http://127.0.0.1:1", orders).initFaceVerify(order, { signal: controller.signal });
    const error = await failure(call);
    assert.deepEqual([error.kind, error.execution], [kind, "none"]);
    await until(async () => (await store.read(order.outerOrderNo)) === null);
  }
});

test("after the signal, a store that hangs holds a call for a second", async (context) => {
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  await sandbox.injectFault({ kind: "hang", action: "InitFaceVerify", executed: true });
  const controller = new AbortController();
  const settling = Promise.withResolvers();
  const hanging = { ...memoryOrders(), settle: () => (settling.resolve(), new Promise(() => {})) };
  const order = orderOf();
  let ended = false;
  const call = failure(
    clientOf(server.url, hanging).initFaceVerify(order, { signal: controller.signal }),
  ).finally(() => (ended = true));
  await until(async () => (await sandbox.verifications({ outerOrderNo: order.outerOrderNo })).length === 1);
  context.mock.timers.enable({ apis: ["setTimeout"] });
  controller.abort();
  await settling.promise;
  await new Promise(setImmediate);
  context.mock.timers.tick(999);
  await new Promise(setImmediate);
  assert.equal(ended, false);
  context.mock.timers.tick(1);
  assert.deepEqual(summary(await call), ["aborted", "Aborted", "unknown"]);
});

test("a machine that was suspended does not start an order whose time is over", async (context) => {
  const store = memoryOrders();
  const setBack = stopClocks(context.mock);
  const begin = async (row) => {
    const begun = await store.begin(row);
    // The monotonic clock stands still meanwhile.
    setBack(-20 * 60_000);
    return begun;
  };
  let sent = 0;
  const fetch = async () => (sent++, new Response("{}"));
  const client = clientOf("http://127.0.0.1:1", { ...store, begin }, { fetch });
  const order = orderOf();
  const error = await failure(client.initFaceVerify(order));
  assert.deepEqual(summary(error), ["timeout", "LeaseOver", "none"]);
  assert.match(error.message, /clock was set or the machine was suspended/);
  assert.equal(sent, 0);
  assert.equal(await store.read(order.outerOrderNo), null, "the number is free");
});

test("a start is not repeated after its order's time is over by the system clock", async (context) => {
  const setBack = stopClocks(context.mock);
  const attempts = [];
  const throttled = () => {
    setBack(-60_000);
    return Response.json({ Code: "Throttling", RequestId: "R" }, { status: 429 });
  };
  let sent = 0;
  const options = {
    fetch: async () => (sent++, throttled()),
    onAttempt(report) {
      attempts.push(report);
      setImmediate(() => context.mock.timers.tick(5_000));
    },
  };
  const store = memoryOrders();
  const error = await failure(clientOf("http://127.0.0.1:1", store, options).initFaceVerify(orderOf()));
  assert.deepEqual(summary(error), ["timeout", "LeaseOver", "none"]);
  assert.deepEqual([sent, attempts.length], [1, 1]);
});

test("a request of a start ends before its order's time, by the system clock", async (context) => {
  const setBack = stopClocks(context.mock);
  const store = memoryOrders();
  const begin = async (row) => {
    setBack(-25_000);
    return store.begin(row);
  };
  const fetch = (_, { signal }) => {
    setImmediate(() => context.mock.timers.tick(5_000));
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const client = clientOf("http://127.0.0.1:1", { ...store, begin }, { fetch });
  const error = await failure(client.initFaceVerify(orderOf()));
  assert.deepEqual(summary(error), ["timeout", "Timeout", "unknown"]);
});

test("a system clock that is set forward within the order's time costs no start", async (context) => {
  const setBack = stopClocks(context.mock);
  const store = memoryOrders();
  const begin = async (row) => {
    setBack(-20_000);
    return store.begin(row);
  };
  const client = clientOf("http://127.0.0.1:1", { ...store, begin }, { fetch: accepts });
  const { certifyId, notices } = await client.initFaceVerify({ ...orderOf(), certNo: "11010519491231002x" });
  assert.equal(certifyId, "a");
  assert.deepEqual(
    notices.map(({ field, rule }) => [field, rule]),
    [["certNo", "upper-case-x"]],
  );
});

test("an order that is started already has no notices", async () => {
  const store = memoryOrders();
  const client = clientOf("http://127.0.0.1:1", store, { fetch: accepts });
  const order = { ...orderOf(), certNo: "11010519491231002x" };
  assert.equal((await client.initFaceVerify(order)).notices.length, 1);
  assert.deepEqual((await client.initFaceVerify(order)).notices, []);
});

test("a system clock that is set back prolongs no wait for another start", async (context) => {
  const store = memoryOrders();
  const begin = async (row) => {
    await store.begin({ ...row, attempt: "another" });
    return false;
  };
  const setBack = stopClocks(context.mock);
  let reads = 0;
  const read = async (number) => {
    if (++reads === 1) setBack(10_000);
    return store.read(number);
  };
  const client = clientOf("http://127.0.0.1:1", { ...store, begin, read }, { totalTimeoutMs: 1_000 });
  let ended = false;
  const call = failure(client.initFaceVerify(orderOf())).finally(() => (ended = true));
  for (let ticks = 0; !ended && ticks < 40; ticks += 1) {
    await new Promise(setImmediate);
    context.mock.timers.tick(50);
  }
  assert.ok(ended);
  assert.equal((await call).code, "OrderBeingStarted");
});

test("a column that a store leaves out is null in the result", async () => {
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  const store = memoryOrders();
  const order = orderOf();
  await clientOf(server.url, store).initFaceVerify(order);
  const read = async (number) => {
    const { certifyUrl: _url, requestId: _id, ...row } = await store.read(number);
    return row;
  };
  const again = await clientOf(server.url, { ...store, read }).initFaceVerify(order);
  assert.deepEqual([again.code, again.certifyUrl, again.requestId], ["200", null, null]);
});

test("the signal ends the wait for a start of another process", async () => {
  const store = memoryOrders();
  const controller = new AbortController();
  const begin = async (mine) => {
    // The other process was faster, with the same order.
    await store.begin({ ...mine, attempt: "another" });
    return false;
  };
  const read = async (number) => {
    setImmediate(() => controller.abort());
    return store.read(number);
  };
  const client = clientOf("http://127.0.0.1:1", { ...store, begin, read });
  const error = await failure(client.initFaceVerify(orderOf(), { signal: controller.signal }));
  assert.deepEqual([error.kind, error.execution], ["aborted", "none"]);
});

test("a started order without a CertifyId is an unknown one, and is not started again", async () => {
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  const store = memoryOrders();
  const order = orderOf();
  await clientOf(server.url, store).initFaceVerify(order);
  const row = await store.read(order.outerOrderNo);
  for (const certifyId of [null, undefined, ""]) {
    const read = async () => ({ ...row, certifyId });
    const error = await failure(clientOf(server.url, { ...store, read }).initFaceVerify(order));
    assert.deepEqual([error.code, error.execution], ["OrderOutcomeUnknown", "unknown"]);
  }
  assert.equal((await sandbox.verifications({ outerOrderNo: order.outerOrderNo })).length, 1);
});

test("a store of another form is refused at once", () => {
  const store = memoryOrders();
  for (const orders of [{}, 1, "store", { ...store, secret: "short" }, { ...store, read: undefined }])
    assert.throws(() => clientOf("127.0.0.1", orders), { kind: "validation", message: /^orders must be/ });
});

test("a parameter that is refused leaves no order", async () => {
  let begun = 0;
  const store = { ...memoryOrders(), begin: async () => ++begun > 0 };
  const order = { ...orderOf(), certNo: "110105194912310021" };
  const error = await failure(clientOf("http://127.0.0.1:1", store).initFaceVerify(order));
  assert.deepEqual([error.kind, begun], ["validation", 0]);
});

const keys = { accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" };
const order = orderOf();
const sandbox = createSandbox();
const server = await sandbox.listen();
after(() => sandbox.close());

test("a second start returns the same CertifyId", async () => {
  const client = new FaceVerifyClient({ ...keys, endpoint: server.url, orders: memoryOrders() });
  const first = await client.initFaceVerify(order);
  assert.equal((await client.initFaceVerify(order)).certifyId, first.certifyId);
});
