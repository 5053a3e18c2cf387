// Tests the time limits of a call's waits. The clock only moves when a test advances it.

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { afterEach, beforeEach, mock, test } from "node:test";
import { FaceVerifyClient, isFaceVerifyError } from "cloudauth-edge";
import { endBy, onAbort, sleep, within } from "../../pkg/dist/waits.js";

const order = {
  sceneId: 1000000006,
  outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888",
  metaInfo: '{"zimVer":"3.0.0"}',
};
const query = { sceneId: 1000000006, certifyId: "91707dc296d469ad38e4c5efa6a0f24b" };
const keys = { accessKeyId: "testid", accessKeySecret: "testsecret-planted" };
const never = () => new Promise(() => {});

const answer = (body) => async () => Response.json({ RequestId: "R", ...body });
const started = answer({ Code: "200", ResultObject: { CertifyId: query.certifyId } });
const pending = answer({ Code: "424" });
const passed = answer({ Code: "200", ResultObject: { Passed: "T", SubCode: "200" } });
const expired = async () => Response.json({ Code: "InvalidSecurityToken.Expired" }, { status: 400 });

/** A fetch that responds to each request with the next of `answers` and records its arguments. */
function fetches(...answers) {
  const fetch = (url, init) => {
    const answer = answers[Math.min(fetch.requests.length, answers.length - 1)];
    fetch.requests.push(init);
    return answer(init);
  };
  fetch.requests = [];
  return fetch;
}

const client = (fetch, options = {}) =>
  new FaceVerifyClient({ endpoint: "http://127.0.0.1:9", fetch, ...keys, ...options });

/** A client whose credentials come from a function. */
const asking = (credentials, fetch, options = {}) =>
  new FaceVerifyClient({ endpoint: "http://127.0.0.1:9", fetch, credentials, ...options });

const failure = (call) =>
  call.then(
    () => assert.fail("no error"),
    (error) => (assert.ok(isFaceVerifyError(error), String(error)), error),
  );

const summary = ({ kind, code, execution, retryable }) => ({ kind, code, execution, retryable });

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() }));
afterEach(() => mock.timers.reset());

test("a provider that never answers ends the call at its time limit, and blocks no later call", async () => {
  const fetch = fetches(started);
  const asked = [];
  const face = asking(
    () => new Promise((resolve) => asked.push(resolve) === 1 && mock.timers.tick(5_000)),
    fetch,
    { totalTimeoutMs: 5_000 },
  );
  assert.deepEqual(summary(await failure(face.initFaceVerify(order))), {
    kind: "credentials",
    code: "CredentialsTimeout",
    execution: "none",
    retryable: true,
  });
  const calls = [face.initFaceVerify(order), face.initFaceVerify(order)];
  await new Promise(setImmediate);
  assert.equal(asked.length, 2, "once more, for both");
  asked[1](keys);
  for (const { certifyId } of await Promise.all(calls)) assert.equal(certifyId, query.certifyId);
});

test("the caller's signal ends the wait for credentials, and keeps it for the others", async () => {
  const controller = new AbortController();
  let give;
  const face = asking(
    () => new Promise((resolve) => ((give = resolve), controller.abort())),
    fetches(started),
  );
  const cancelled = failure(face.initFaceVerify(order, { signal: controller.signal }));
  const other = face.initFaceVerify(order);
  assert.deepEqual(summary(await cancelled), {
    kind: "aborted",
    code: "Aborted",
    execution: "none",
    retryable: false,
  });
  give(keys);
  assert.equal((await other).certifyId, query.certifyId);
});

test("a provider that fails or returns nothing usable is named, and asked again by the next call", async () => {
  const thrown = (error) => () => Promise.reject(error);
  const network = Object.assign(new Error("planted"), { code: "ECONNREFUSED" });
  const table = [
    [thrown(network), "CredentialsFailed", "operator", true],
    [thrown(new TypeError("Cannot read properties of undefined")), "CredentialsFailed", "developer", false],
    [thrown("planted"), "CredentialsFailed", "operator", true],
    [thrown(undefined), "CredentialsFailed", "operator", true],
    [
      () => {
        throw network;
      },
      "CredentialsFailed",
      "operator",
      true,
    ],
    [() => undefined, "InvalidCredentials", "developer", false],
    [() => "planted", "InvalidCredentials", "developer", false],
    [() => ({ ...keys, accessKeySecret: undefined }), "InvalidCredentials", "developer", false],
    [() => ({ ...keys, accessKeySecret: "planted\n" }), "InvalidCredentials", "developer", false],
    [() => ({ ...keys, expiration: "tomorrow" }), "InvalidCredentials", "developer", false],
    [() => ({ ...keys, expiration: new Date(NaN) }), "InvalidCredentials", "developer", false],
    [() => ({ ...keys, expiration: {} }), "InvalidCredentials", "developer", false],
  ];
  for (const [give, code, audience, retryable] of table) {
    const fetch = fetches(started);
    const gives = [give, () => keys];
    const face = asking(() => gives.shift()(), fetch);
    const error = await failure(face.initFaceVerify(order));
    const expected = { kind: "credentials", code, execution: "none", retryable };
    assert.deepEqual(summary(error), expected, String(give));
    assert.equal(error.audience, audience);
    assert.equal(fetch.requests.length, 0);
    await face.initFaceVerify(order);
    assert.equal(gives.length, 0);
  }
});

test("credentials that never expire are requested once, others before they expire", async () => {
  const minutes = (count) => Date.now() + count * 60_000;
  for (const [expiration, times] of [
    [undefined, 1],
    [null, 1],
    [minutes(6), 1],
    [new Date(minutes(6)), 1],
    [new Date(minutes(6)).toISOString(), 1],
    [minutes(4), 2],
    [new Date(minutes(4)).toISOString(), 2],
  ]) {
    let asked = 0;
    const face = asking(() => (asked++, { ...keys, expiration }), fetches(started));
    await face.initFaceVerify(order);
    await face.initFaceVerify(order);
    assert.equal(asked, times, String(expiration));
  }
});

test("the wait for credentials counts towards the time of the call", async () => {
  const fetch = fetches((init) => {
    mock.timers.tick(1_000);
    return new Promise((_, reject) => {
      assert.ok(init.signal.aborted, "the rest of the time is over");
      reject(init.signal.reason);
    });
  });
  const slow = async () => (mock.timers.tick(4_000), keys);
  const face = asking(slow, fetch, { totalTimeoutMs: 5_000, maxAttempts: 1 });
  assert.deepEqual(summary(await failure(face.initFaceVerify(order))), {
    kind: "timeout",
    code: "Timeout",
    execution: "unknown",
    retryable: false,
  });
  assert.equal(fetch.requests.length, 1);
});

test("a start for which no time is left is not sent", async () => {
  const fetch = fetches(started);
  const now = Date.now();
  const clock = mock.method(Date, "now", () => now);
  const slow = async () => (clock.mock.mockImplementation(() => now + 5_000), keys);
  const error = await failure(asking(slow, fetch, { totalTimeoutMs: 5_000 }).initFaceVerify(order));
  clock.mock.restore();
  assert.deepEqual(summary(error), { kind: "timeout", code: "Timeout", execution: "none", retryable: true });
  assert.equal(fetch.requests.length, 0);
});

test("credentials renewed after a refusal count towards the remaining time", async () => {
  const fetch = fetches(expired);
  const gives = [async () => keys, () => (mock.timers.tick(5_000), never())];
  const face = asking(() => gives.shift()(), fetch, { totalTimeoutMs: 5_000 });
  const error = await failure(face.initFaceVerify(order));
  assert.deepEqual([error.code, error.execution], ["CredentialsTimeout", "none"]);
  assert.equal(fetch.requests.length, 1);
});

/** Never responds; the time limit elapses immediately. */
const hang = (millis) => (init) =>
  new Promise((_, reject) => {
    init.signal.addEventListener("abort", () => reject(init.signal.reason));
    mock.timers.tick(millis);
  });

test("the deadline of a wait limits the query within it", async () => {
  const alone = fetches(hang(2_000));
  const waiting = client(alone).waitForResult(query, { deadlineMs: 2_000 });
  assert.equal((await failure(waiting)).kind, "timeout");
  assert.equal(alone.requests.length, 1);

  const later = fetches(pending, hang(8_000));
  const moving = client(later).waitForResult(query, {
    deadlineMs: 10_000,
    onPending: () => setImmediate(() => mock.timers.tick(2_000)),
  });
  assert.equal((await moving).status, "pending", "what was known before");
  assert.equal(later.requests.length, 2);
});

test("a deadline may be any number of milliseconds", async () => {
  for (const deadlineMs of [1_000.5, 1e300, Infinity]) {
    const { status } = await client(fetches(passed)).waitForResult(query, { deadlineMs });
    assert.equal(status, "passed");
  }
});

test("a wait for credentials ends with the wait for a result around it", async () => {
  const face = asking(() => (mock.timers.tick(3_000), never()), fetches(passed));
  const error = await failure(face.waitForResult(query, { deadlineMs: 3_000 }));
  assert.equal(error.code, "CredentialsTimeout");
});

/** How many listeners a signal has. */
const listeners = (signal) => getEventListeners(signal, "abort").length;
/** Everything that follows from what has happened so far. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("waits for one signal share a listener, which goes with the last of them", async () => {
  const { signal } = new AbortController();
  const ends = [onAbort(signal, assert.fail), onAbort(signal, assert.fail)];
  assert.equal(listeners(signal), 1);
  ends[0]();
  ends[0]();
  assert.equal(listeners(signal), 1);
  ends[1]();
  assert.equal(listeners(signal), 0);
  onAbort(signal, () => {})();
  onAbort(undefined, assert.fail)();

  const controller = new AbortController();
  const ended = [];
  onAbort(controller.signal, () => ended.push("released"))();
  for (const name of ["one", "other"]) onAbort(controller.signal, () => ended.push(name));
  controller.abort();
  assert.deepEqual(ended, ["one", "other"]);
  assert.equal(listeners(controller.signal), 0);
  // A wait that begins after the signal has fired ends soon, unless it is over before.
  onAbort(controller.signal, assert.fail)();
  onAbort(controller.signal, () => ended.push("late"));
  assert.equal(ended.length, 2);
  await settled();
  assert.deepEqual(ended, ["one", "other", "late"]);
});

test("a wait ends once, by what comes first, and leaves nothing behind", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const limits = { timeoutMillis: 1_000, signal };
  assert.deepEqual(await within(limits, Promise.resolve(7)), { value: 7 });
  assert.deepEqual(await within(limits, Promise.reject(7)), { error: 7 });
  assert.equal(listeners(signal), 0);
  const timed = within(limits, never());
  mock.timers.tick(999);
  assert.equal(listeners(signal), 1);
  mock.timers.tick(1);
  assert.deepEqual(await timed, { ended: "timed-out" });
  assert.equal(listeners(signal), 0);

  // A timer that was not cleared would end this wait.
  let ended;
  endBy(limits, (how) => (ended = how))();
  mock.timers.tick(10_000);
  assert.equal(ended, undefined);
  assert.equal(listeners(signal), 0);
  const aborted = within({ timeoutMillis: Infinity, signal }, never());
  mock.timers.tick(1e9);
  controller.abort();
  assert.deepEqual(await aborted, { ended: "aborted" });
  assert.equal(listeners(signal), 0);
});

test("a sleep ends when its time is over, or with its signal", async () => {
  for (const [millis, aborted] of [
    [0, false],
    [-1, false],
    [1_000, true],
  ])
    await sleep(millis, aborted ? AbortSignal.abort() : undefined);
  const controller = new AbortController();
  for (const end of [() => mock.timers.tick(1), () => controller.abort()]) {
    let over = false;
    const slept = sleep(1_000, controller.signal).then(() => (over = true));
    mock.timers.tick(999);
    await settled();
    assert.deepEqual([over, listeners(controller.signal)], [false, 1]);
    end();
    await slept;
    assert.equal(listeners(controller.signal), 0);
  }
});
