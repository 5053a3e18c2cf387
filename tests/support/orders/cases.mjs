// What every store of orders must do, asked through the client and the sandbox.

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo } from "cloudauth-edge";
import { createSandbox } from "cloudauth-edge/sandbox";
import { until } from "../until.mjs";
import { reconcile } from "./reconcile.mjs";

export const SECRET = "a secret of the tests, with 32 characters and more";
const keys = { accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" };
const RACERS = 40;
/** For which processes race. */
const ORDERS = 24;

export const orderOf = (outerOrderNo = newOuterOrderNo("race")) => ({
  sceneId: 1000000006,
  outerOrderNo,
  userId: "123456789",
  metaInfo: '{"zimVer":"3.0.0","appVersion":"1","deviceType":"ios"}',
  certName: "张三",
  certNo: "11010519491231002X",
});

export const clientOf = (endpoint, orders, options = {}) =>
  new FaceVerifyClient({ ...keys, endpoint, orders, ...options });

/** The error of a call. */
export const failure = (call) =>
  call.then(
    () => assert.fail("no error"),
    (error) => (isFaceVerifyError(error) ? error : assert.fail(error)),
  );

/** How many verifications of an order the sandbox has: two if an order was started twice. */
const startsOf = async (sandbox, { outerOrderNo }) => (await sandbox.verifications({ outerOrderNo })).length;

/** Each as `(stores) => Promise`, where `stores()` opens one more store of the same database. */
export const cases = {
  async "racing callers get one CertifyId"(open) {
    await using sandbox = createSandbox();
    await using server = await sandbox.listen();
    const order = orderOf();
    const clients = [await open(), await open(), await open()].map((store) => clientOf(server.url, store));
    const calls = Array.from({ length: RACERS }, (_, at) => clients[at % 3].initFaceVerify(order));
    const found = new Set((await Promise.all(calls)).map(({ certifyId }) => certifyId));
    assert.equal(found.size, 1);
    assert.equal(await startsOf(sandbox, order), 1);
  },

  async "an order with other parameters is refused, and the store holds none of them"(open) {
    await using sandbox = createSandbox();
    await using server = await sandbox.listen();
    const store = await open();
    const client = clientOf(server.url, store);
    const order = orderOf();
    const { certifyId } = await client.initFaceVerify(order);
    const error = await failure(client.initFaceVerify({ ...order, certName: "李四" }));
    assert.deepEqual(
      [error.kind, error.code, error.execution, error.retryable],
      ["order", "OrderConflict", "none", false],
    );
    // The same on the wire is the same.
    const same = { ...order, sceneId: "1000000006", certNo: "11010519491231002x" };
    assert.equal((await client.initFaceVerify(same)).certifyId, certifyId);
    const row = await store.read(order.outerOrderNo);
    assert.deepEqual([row.state, row.certifyId], ["started", certifyId]);
    for (const personal of [order.certName, order.certNo, order.userId, "zimVer", SECRET])
      assert.ok(!JSON.stringify(row).includes(personal), personal);
  },

  async "a start that provably failed frees the number"(open) {
    await using sandbox = createSandbox();
    await using server = await sandbox.listen();
    const client = clientOf(server.url, await open(), { maxAttempts: 1 });
    const order = orderOf();
    await sandbox.injectFault({ kind: "error", action: "InitFaceVerify", code: "412" });
    assert.equal((await failure(client.initFaceVerify(order))).code, "412");
    const corrected = { ...order, userId: "another" };
    assert.ok((await client.initFaceVerify(corrected)).certifyId);
    assert.equal(await startsOf(sandbox, order), 1);
  },

  async "an unknown outcome stays unknown until somebody settles it"(open) {
    const faults = [
      { kind: "hang", executed: true },
      { kind: "reset", executed: true },
      { kind: "error", code: "500" },
      { kind: "error", code: "500", executed: true },
    ];
    for (const fault of faults) {
      await using sandbox = createSandbox();
      await using server = await sandbox.listen();
      const store = await open();
      const client = clientOf(server.url, store, { timeoutMs: 2_000, maxAttempts: 1 });
      const order = orderOf();
      await sandbox.injectFault({ action: "InitFaceVerify", ...fault });
      const first = await failure(client.initFaceVerify(order));
      assert.deepEqual([first.execution, first.retryable], ["unknown", false], fault.kind);
      const again = await failure(client.initFaceVerify(order));
      assert.deepEqual([again.code, again.execution], ["OrderOutcomeUnknown", "unknown"], fault.kind);
      const row = await store.read(order.outerOrderNo);
      assert.equal(row.state, "unknown");
      const known = (await sandbox.verifications({ outerOrderNo: order.outerOrderNo }))[0]?.certifyId;
      assert.equal(await reconcile(store, order.outerOrderNo, known ?? null), true);
      const { certifyId } = await client.initFaceVerify(order);
      if (known) assert.equal(certifyId, known);
      assert.equal(await startsOf(sandbox, order), 1);
      // A started order no longer changes.
      assert.equal(await store.settle({ ...row, state: "failed" }), false);
    }
  },

  async "an order is not reconciled while its start may be in progress"(open) {
    const store = await open();
    for (const [until, settled] of [
      [Date.now() + 60_000, false],
      [Date.now() - 1, true],
    ]) {
      const { outerOrderNo } = orderOf();
      const order = { outerOrderNo, fingerprint: "a hash", attempt: "one", state: "starting", until };
      const inserted = await store.begin({ ...order, certifyId: null, certifyUrl: null, requestId: null });
      assert.equal(inserted, true);
      assert.equal(await reconcile(store, outerOrderNo, null), settled);
      assert.equal((await store.read(outerOrderNo))?.state, settled ? undefined : "starting");
    }
  },
};

/** A process with its own connection to the store, which waits for the numbers of orders. */
async function processOf(endpoint, store) {
  const child = fork(new URL("child.mjs", import.meta.url), [endpoint, ...store]);
  await once(child, "message");
  return child;
}

/**
 * Two processes start the same orders at the same time: each order is started once, and all calls return its CertifyId.
 *
 * @param {string[]} storeOfChild arguments of child.mjs
 */
export async function processesRace(storeOfChild) {
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  const numbers = Array.from({ length: ORDERS }, () => orderOf().outerOrderNo);
  const children = [await processOf(server.url, storeOfChild), await processOf(server.url, storeOfChild)];
  const results = await Promise.all(
    children.map(async (child) => {
      const found = Promise.race([once(child, "message"), once(child, "exit")]);
      child.send(numbers);
      const [ids] = await found;
      return Array.isArray(ids) ? ids : assert.fail(`a process ended with code ${ids}`);
    }),
  );
  for (const [at, outerOrderNo] of numbers.entries()) {
    const found = new Set(results.flatMap((ids) => ids[at]));
    assert.equal(found.size, 1, outerOrderNo);
    assert.equal(await startsOf(sandbox, { outerOrderNo }), 1, outerOrderNo);
  }
}

/**
 * A process that starts an order is killed once Alibaba Cloud has it, or before it is sent: nobody starts it again.
 *
 * @param {string[]} storeOfChild arguments of child.mjs
 */
export async function killedDuringStart(open, storeOfChild) {
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  const order = orderOf();
  await sandbox.injectFault({ kind: "hang", action: "InitFaceVerify", executed: true });
  const child = await processOf(server.url, storeOfChild);
  const exited = once(child, "exit");
  child.send([order.outerOrderNo]);
  await until(async () => (await startsOf(sandbox, order)) === 1);
  child.kill("SIGKILL");
  await exited;
  const store = await open();
  const row = await store.read(order.outerOrderNo);
  assert.equal(row.state, "starting");
  // Its start can still be in progress, for all that others know.
  const impatient = clientOf(server.url, store, { totalTimeoutMs: 300 });
  await until(async () => {
    const { code, execution } = await failure(impatient.initFaceVerify(order));
    assert.equal(execution, "none");
    // A busy database may take all of that time.
    return code === "OrderBeingStarted";
  });
  // When its time is over, nobody knows. A store whose rows are of an hour ago stands for the time that passes.
  const later = {
    secret: store.secret,
    begin: (started) => store.begin(started),
    settle: (settled) => store.settle(settled),
    async read(number) {
      const found = await store.read(number);
      return found && { ...found, until: found.until - 3_600_000 };
    },
  };
  assert.equal(
    (await failure(clientOf(server.url, later).initFaceVerify(order))).code,
    "OrderOutcomeUnknown",
  );
  assert.equal(await startsOf(sandbox, order), 1);
}
