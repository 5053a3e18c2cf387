// Tests the time limits of a call's waits. The clock only moves when a test advances it.

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { afterEach, beforeEach, mock, test } from "node:test";
import { FaceVerifyClient, isFaceVerifyError } from "cloudauth-edge";
import { stopClocks } from "../support/clocks.mjs";
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

/** The keys that signed the requests. */
const keysOf = ({ requests }) => requests.map(({ body }) => new URLSearchParams(body).get("AccessKeyId"));

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

/** Everything that follows from what has happened so far. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

let setBack;
beforeEach(() => (setBack = stopClocks(mock)));
afterEach(() => mock.reset());

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
    [() => ({ ...keys, expiration: true }), "InvalidCredentials", "developer", false],
    // In seconds.
    [() => ({ ...keys, expiration: 1_999_999_999 }), "InvalidCredentials", "developer", false],
    // As response.json() of a proxy's page.
    [() => JSON.parse("<html>"), "CredentialsFailed", "operator", true],
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

const minutes = (count) => Date.now() + count * 60_000;

test("credentials are requested again shortly before they expire, not for each call", async () => {
  // The lifetime in minutes, and how many of them pass before the function is called again.
  for (const [lifetime, until] of [
    [60, 55],
    [20, 15],
    [4, 3],
    [0, 0],
  ]) {
    for (const form of [(time) => time, (time) => new Date(time), (time) => new Date(time).toISOString()]) {
      let asked = 0;
      const credentials = () => (asked++, { ...keys, expiration: form(minutes(lifetime)) });
      const face = asking(credentials, fetches(started));
      const askedAfter = async (millis) => {
        mock.timers.tick(millis);
        await face.initFaceVerify(order);
        return asked;
      };
      assert.equal(await askedAfter(0), 1);
      if (until > 0) assert.equal(await askedAfter(until * 60_000 - 1_000), 1, String(lifetime));
      assert.equal(await askedAfter(1_000), 2, String(lifetime));
    }
  }
  for (const [expiration, times] of [
    [undefined, 1],
    [null, 1],
    // Only of a number it is unclear whether it is in seconds.
    [new Date(0), 2],
  ]) {
    let asked = 0;
    const face = asking(() => (asked++, { ...keys, expiration }), fetches(started));
    await face.initFaceVerify(order);
    mock.timers.tick(1e9);
    await face.initFaceVerify(order);
    assert.equal(asked, times);
  }
});

test("credentials expire by the measured clock", async () => {
  const hour = 3_600_000;
  // This machine is an hour ahead.
  const stale = async () => {
    const date = new Date(Date.now() - hour).toUTCString();
    return Response.json({ Code: "InvalidTimeStamp.Expired" }, { status: 400, headers: { date } });
  };
  let asked = 0;
  const credentials = () => (asked++, { ...keys, expiration: Date.now() });
  const face = asking(credentials, fetches(stale, started));
  for (let calls = 0; calls < 3; calls++) await face.initFaceVerify(order);
  assert.equal(asked, 1);
});

test("while a refresh fails, credentials are used until they have expired by the measured clock", async () => {
  // How many minutes this machine is ahead of Alibaba Cloud.
  for (const ahead of [0, 60, -60]) {
    const stale = async () => {
      const date = new Date(minutes(-ahead)).toUTCString();
      return Response.json({ Code: "InvalidTimeStamp.Expired" }, { status: 400, headers: { date } });
    };
    let asked = 0;
    const expiration = minutes(60 - ahead);
    const credentials = () =>
      ++asked === 1 ? { ...keys, expiration } : Promise.reject(new Error("planted"));
    const face = asking(credentials, ahead ? fetches(stale, started) : fetches(started));
    await face.initFaceVerify(order);
    mock.timers.tick(54 * 60_000);
    await face.initFaceVerify(order);
    assert.equal(asked, 1, String(ahead));
    mock.timers.tick(2 * 60_000);
    await face.initFaceVerify(order);
    assert.equal(asked, 2, String(ahead));
    // A Date header has no milliseconds.
    mock.timers.tick(4 * 60_000 + (ahead ? 1_000 : 0));
    assert.equal((await failure(face.initFaceVerify(order))).kind, "credentials", String(ahead));
  }
});

test("while credentials are valid, a failed refresh fails no call and is not repeated at once", async () => {
  for (const fail of [
    () => Promise.reject(new Error("planted")),
    () => (setImmediate(() => mock.timers.tick(2_000)), never()),
  ]) {
    let asked = 0;
    const credentials = () => (++asked === 1 ? { ...keys, expiration: minutes(60) } : fail());
    const face = asking(credentials, fetches(started));
    await face.initFaceVerify(order);
    mock.timers.tick(56 * 60_000);
    for (let calls = 0; calls < 3; calls++) await face.initFaceVerify(order);
    assert.equal(asked, 2);
    mock.timers.tick(10_000);
    await face.initFaceVerify(order);
    assert.equal(asked, 3);
    mock.timers.tick(4 * 60_000);
    const call = failure(face.initFaceVerify(order));
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    mock.timers.tick(30_000);
    assert.equal((await call).kind, "credentials", "they have expired");
  }
});

test("a system clock that is set back prolongs no call", async () => {
  const busy = async () => {
    setBack(20_000);
    const headers = { "x-acs-retry-after": "900" };
    return Response.json({ Code: "ServiceUnavailable", RequestId: "R" }, { status: 503, headers });
  };
  const fetch = fetches(async (init) => (mock.timers.tick(500), busy(init)));
  const call = client(fetch, { totalTimeoutMs: 1_000 }).describeFaceVerify(query);
  assert.equal((await failure(call)).httpStatus, 503);
  assert.equal(fetch.requests.length, 1);
});

test("a system clock that is set forward ends no call", async () => {
  const busy = async () => {
    setBack(-60_000);
    setImmediate(() => mock.timers.tick(5_000));
    return Response.json({ Code: "ServiceUnavailable", RequestId: "R" }, { status: 503 });
  };
  const fetch = fetches(busy, busy, pending);
  assert.equal((await client(fetch).describeFaceVerify(query)).status, "pending");
  assert.equal(fetch.requests.length, 3);
});

test("the duration of an attempt does not depend on the system clock", async () => {
  const attempts = [];
  for (const millis of [3_600_000, -3_600_000]) {
    const answer = async () => {
      mock.timers.tick(250);
      setBack(millis);
      return pending();
    };
    const onAttempt = ({ durationMs }) => attempts.push(durationMs);
    await client(fetches(answer), { onAttempt }).describeFaceVerify(query);
  }
  assert.deepEqual(attempts, [250, 250]);
});

test("an attempt that was not sent is not reported", async () => {
  const attempts = [];
  const fetch = fetches(pending);
  const onAttempt = (report) => attempts.push(report);
  const signal = AbortSignal.abort();
  assert.equal(
    (await failure(client(fetch, { onAttempt }).describeFaceVerify(query, { signal }))).kind,
    "aborted",
  );
  const slow = async () => (mock.timers.tick(30_000), keys);
  const late = asking(slow, fetch, { onAttempt, totalTimeoutMs: 20_000 });
  assert.equal((await failure(late.describeFaceVerify(query))).execution, "none");
  assert.deepEqual([attempts.length, fetch.requests.length], [0, 0]);
});

test("a system clock that is set back prolongs neither a wait nor the pause after a failed refresh", async () => {
  const asked = fetches(pending);
  const onPending = () => {
    mock.timers.tick(10_000);
    setBack(60_000);
  };
  const { status } = await client(asked).waitForResult(query, { deadlineMs: 10_000, onPending });
  assert.deepEqual([status, asked.requests.length], ["pending", 1]);

  const gives = [
    async () => ({ ...keys, expiration: minutes(60) }),
    () => Promise.reject(new Error("planted")),
  ];
  let calls = 0;
  const face = asking(() => (calls++, gives.shift()?.() ?? keys), fetches(started));
  await face.initFaceVerify(order);
  mock.timers.tick(57 * 60_000);
  await face.initFaceVerify(order);
  setBack(60_000);
  mock.timers.tick(10_000);
  await face.initFaceVerify(order);
  assert.equal(calls, 3);
});

test("credentials that come too late for one call are used by the next", async () => {
  let asked = 0;
  let give;
  const slow = () => (asked++, mock.timers.tick(5_000), new Promise((resolve) => (give = resolve)));
  const face = asking(slow, fetches(started), { totalTimeoutMs: 5_000 });
  assert.equal((await failure(face.initFaceVerify(order))).code, "CredentialsTimeout");
  give(keys);
  await new Promise(setImmediate);
  assert.equal((await face.initFaceVerify(order)).certifyId, query.certifyId);
  assert.equal(asked, 1);
});

test("credentials that come late replace no newer ones", async () => {
  const gives = [];
  const slow = () => new Promise((resolve) => gives.push(resolve) === 1 && mock.timers.tick(5_000));
  const fetch = fetches(started);
  const face = asking(slow, fetch, { totalTimeoutMs: 5_000 });
  assert.equal((await failure(face.initFaceVerify(order))).code, "CredentialsTimeout");
  const second = face.initFaceVerify(order);
  await new Promise(setImmediate);
  const [older, newer] = gives;
  newer({ ...keys, accessKeyId: "newer" });
  await second;
  older({ ...keys, accessKeyId: "older" });
  await new Promise(setImmediate);
  await face.initFaceVerify(order);
  assert.deepEqual([keysOf(fetch), gives.length], [["newer", "newer"], 2]);
});

test("a call whose signal has fired does not call the credentials function", async () => {
  let asked = 0;
  const face = asking(() => (asked++, keys), fetches(started));
  const signal = AbortSignal.abort();
  assert.equal((await failure(face.initFaceVerify(order, { signal }))).kind, "aborted");
  assert.equal(asked, 0);
});

/** A credentials function whose promises the test settles; they are in `gives`. */
function prompted() {
  const gives = [];
  const credentials = () => {
    const give = Promise.withResolvers();
    gives.push(give);
    return give.promise;
  };
  return { credentials, gives };
}

test("a refresh goes on for later calls after the signal of the call that began it", async () => {
  const { credentials, gives } = prompted();
  const fetch = fetches(started);
  const face = asking(credentials, fetch);
  const first = face.initFaceVerify(order);
  await settled();
  gives[0].resolve({ ...keys, expiration: minutes(60) });
  await first;
  mock.timers.tick(56 * 60_000);
  const controller = new AbortController();
  const cancelled = failure(face.initFaceVerify(order, { signal: controller.signal }));
  await settled();
  controller.abort();
  assert.equal((await cancelled).kind, "aborted");
  const next = face.initFaceVerify(order);
  await settled();
  assert.equal(gives.length, 2, "not called again");
  gives[1].resolve({ ...keys, accessKeyId: "newer" });
  await next;
  assert.deepEqual(keysOf(fetch), ["testid", "newer"]);
});

/** The second of two waiting calls, which has three seconds left when the first one's time is over. */
async function secondWaiting(face) {
  const first = failure(face.initFaceVerify(order));
  await settled();
  mock.timers.tick(3_000);
  const second = failure(face.initFaceVerify(order));
  await settled();
  mock.timers.tick(2_000);
  assert.equal((await first).code, "CredentialsTimeout");
  // Not the promise itself, which the caller's await would wait for.
  return { second };
}

test("calls share a second request for credentials, however the first one ends", async () => {
  const { credentials, gives } = prompted();
  const face = asking(credentials, fetches(started), { totalTimeoutMs: 5_000 });
  const { second } = await secondWaiting(face);
  const calls = [];
  const waitsToo = async () => {
    calls.push(face.initFaceVerify(order));
    await settled();
    assert.equal(gives.length, 2);
  };
  await waitsToo();
  mock.timers.tick(3_000);
  assert.equal((await second).code, "CredentialsTimeout");
  await waitsToo();
  gives[0].reject(new Error("planted"));
  await settled();
  await waitsToo();
  gives[1].resolve(keys);
  for (const { certifyId } of await Promise.all(calls)) assert.equal(certifyId, query.certifyId);
});

test("unusable credentials that come late discard no newer ones", async () => {
  const { credentials, gives } = prompted();
  const face = asking(credentials, fetches(started), { totalTimeoutMs: 5_000 });
  const { second } = await secondWaiting(face);
  const third = face.initFaceVerify(order);
  await settled();
  gives[1].resolve(keys);
  await third;
  gives[0].resolve({ ...keys, accessKeySecret: undefined });
  assert.equal((await second).code, "InvalidCredentials");
  await face.initFaceVerify(order);
  assert.equal(gives.length, 2);
});

test("a start that may have been executed stays so, however a wait for new credentials ends", async () => {
  const reset = () => Promise.reject(Object.assign(new Error(), { code: "ECONNRESET" }));
  for (const [give, code] of [
    [() => Promise.reject(new Error("planted")), "CredentialsFailed"],
    [() => (mock.timers.tick(30_000), never()), "CredentialsTimeout"],
    [(controller) => (controller.abort(), never()), "Aborted"],
  ]) {
    const controller = new AbortController();
    const gives = [() => keys, give];
    const face = asking(() => gives.shift()(controller), fetches(reset, expired), {
      repeatInit: true,
      onAttempt: ({ retryInMs }) => retryInMs && setImmediate(() => mock.timers.tick(retryInMs)),
    });
    const error = await failure(face.initFaceVerify(order, { signal: controller.signal }));
    assert.deepEqual([error.code, error.execution, error.retryable], [code, "unknown", false]);
    assert.equal(gives.length, 0);
  }
});

const refused = (code) => async () => Response.json({ Code: code }, { status: 400 });

test("refused credentials are requested again, and used if they are others", async () => {
  for (const code of [
    "InvalidAccessKeyId.Inactive",
    "InvalidAccessKeyId.NotFound",
    "Forbidden.AccessKeyDisabled",
    "InvalidSecurityToken.Malformed",
    "SignatureDoesNotMatch",
  ]) {
    for (const others of [
      { accessKeyId: "other" },
      // Of the same length.
      { accessKeyId: "idtest" },
      { accessKeySecret: "other" },
      { securityToken: "other" },
    ]) {
      let asked = 0;
      const fetch = fetches(refused(code), started);
      const face = asking(() => (asked++ === 0 ? keys : { ...keys, ...others }), fetch);
      await face.initFaceVerify(order);
      await face.initFaceVerify(order);
      assert.deepEqual([asked, fetch.requests.length], [2, 3], code);
    }
    let asked = 0;
    const fetch = fetches(refused(code));
    // The same key with a newer date.
    const face = asking(() => ({ ...keys, expiration: minutes(60 + asked++) }), fetch);
    assert.equal((await failure(face.initFaceVerify(order))).code, code);
    assert.deepEqual([asked, fetch.requests.length], [2, 1], "the same are not used again");
    for (let calls = 0; calls < 9; calls++) await failure(face.initFaceVerify(order));
    assert.deepEqual([asked, fetch.requests.length], [2, 10], "not asked for at once");
    mock.timers.tick(10_000);
    await failure(face.initFaceVerify(order));
    assert.deepEqual([asked, fetch.requests.length], [3, 11]);
  }
  let asked = 0;
  const fetch = fetches(refused("Forbidden.RAM"));
  const face = asking(() => (asked++, keys), fetch);
  for (let calls = 0; calls < 2; calls++) await failure(face.initFaceVerify(order));
  assert.deepEqual([asked, fetch.requests.length], [1, 2], "a missing permission");
});

test("a late refusal of older credentials does not count against newer ones", async () => {
  let asked = 0;
  const answers = [];
  const late = () => new Promise((resolve) => answers.push(resolve));
  const fetch = fetches(late, late, started);
  const face = asking(() => ({ ...keys, accessKeyId: `key-${++asked}` }), fetch);
  const calls = [face.initFaceVerify(order), face.initFaceVerify(order)];
  await settled();
  for (const [at, call] of calls.entries()) {
    answers[at](await refused("InvalidAccessKeyId.NotFound")());
    await call;
  }
  await face.initFaceVerify(order);
  assert.deepEqual(keysOf(fetch), ["key-1", "key-1", "key-2", "key-2", "key-2"]);
});

test("if new credentials are refused too, the next call requests others at once", async () => {
  let asked = 0;
  const no = refused("InvalidAccessKeyId.NotFound");
  const fetch = fetches(no, no, started);
  const face = asking(() => ({ ...keys, accessKeyId: `key-${++asked}` }), fetch);
  await failure(face.initFaceVerify(order));
  await face.initFaceVerify(order);
  assert.deepEqual(keysOf(fetch), ["key-1", "key-2", "key-3"]);
});

test("fixed credentials are used after their expiration and after a refusal", async () => {
  const fetch = fetches(refused("InvalidAccessKeyId.NotFound"), started);
  const face = client(fetch, { expiration: minutes(-1) });
  assert.equal((await failure(face.initFaceVerify(order))).code, "InvalidAccessKeyId.NotFound");
  await face.initFaceVerify(order);
  assert.deepEqual(keysOf(fetch), ["testid", "testid"]);
});

test("refused credentials that are accepted again are not requested again", async () => {
  let asked = 0;
  const fetch = fetches(refused("Forbidden.AccessKeyDisabled"), started);
  const face = asking(() => (asked++, keys), fetch);
  await failure(face.initFaceVerify(order));
  for (let calls = 0; calls < 3; calls++) {
    mock.timers.tick(10_000);
    await face.initFaceVerify(order);
  }
  assert.equal(asked, 2);
});

const mismatch = (signed) => async () =>
  Response.json(
    { Code: "SignatureDoesNotMatch", Message: `x server string to sign is:${signed}` },
    { status: 400 },
  );

test("a request that was altered on the way does not count against the credentials", async () => {
  let asked = 0;
  const fetch = fetches(mismatch("POST&%2F&AccessKeyId%3Dx"), started);
  const face = asking(() => (asked++, keys), fetch);
  const error = await failure(face.initFaceVerify(order));
  assert.deepEqual([error.code, error.audience], ["SignatureDoesNotMatch", "developer"]);
  await face.initFaceVerify(order);
  assert.deepEqual([asked, fetch.requests.length], [1, 2]);
});

test("after a refused signature, valid credentials are used while a refresh fails; after a refused key, not", async () => {
  for (const fail of [
    () => Promise.reject(new Error("planted")),
    () => (setImmediate(() => mock.timers.tick(2_000)), never()),
  ]) {
    for (const expiration of [minutes(60), undefined]) {
      let asked = 0;
      const credentials = () => (++asked === 1 ? { ...keys, expiration } : fail());
      const fetch = fetches(mismatch(""), started);
      const face = asking(credentials, fetch);
      assert.equal((await failure(face.initFaceVerify(order))).code, "SignatureDoesNotMatch");
      for (let calls = 0; calls < 3; calls++) await face.initFaceVerify(order);
      assert.deepEqual([asked, fetch.requests.length], [2, 4]);
    }
  }
  let asked = 0;
  const credentials = () =>
    ++asked === 1 ? { ...keys, expiration: minutes(60) } : Promise.reject(new Error("planted"));
  const face = asking(credentials, fetches(refused("InvalidAccessKeyId.NotFound")));
  for (let calls = 0; calls < 2; calls++)
    assert.equal((await failure(face.initFaceVerify(order))).code, "CredentialsFailed");
  assert.equal(asked, 3);
});

test("a refused key is replaced even if a refresh has just failed", async () => {
  const gives = [
    async () => ({ ...keys, expiration: minutes(60) }),
    () => Promise.reject(new Error("planted")),
    async () => ({ ...keys, accessKeyId: "other" }),
  ];
  const fetch = fetches(started, started, refused("InvalidAccessKeyId.NotFound"), started);
  const face = asking(() => gives.shift()(), fetch);
  await face.initFaceVerify(order);
  mock.timers.tick(56 * 60_000);
  await face.initFaceVerify(order);
  assert.equal(gives.length, 1, "the refresh has failed");
  await face.initFaceVerify(order);
  assert.deepEqual([gives.length, fetch.requests.length], [0, 4]);
});

test("with one attempt, the next call has new credentials and the right time", async () => {
  let asked = 0;
  const late = fetches(expired, started);
  const face = asking(() => ({ ...keys, securityToken: `token-${++asked}` }), late, { maxAttempts: 1 });
  await failure(face.initFaceVerify(order));
  await face.initFaceVerify(order);
  assert.equal(asked, 2);

  const date = new Date(Date.now() - 3_600_000);
  const headers = { date: date.toUTCString() };
  const stale = async () => Response.json({ Code: "InvalidTimeStamp.Expired" }, { status: 400, headers });
  const fetch = fetches(stale, started);
  const wrong = client(fetch, { maxAttempts: 1 });
  await failure(wrong.initFaceVerify(order));
  await wrong.initFaceVerify(order);
  const [before, after] = fetch.requests.map(({ body }) =>
    Date.parse(new URLSearchParams(body).get("Timestamp")),
  );
  assert.ok(before - after > 3_500_000, `${before} ${after}`);
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

test("a wait ends at its deadline or by its signal while a hook hangs, and with the hook's error", async () => {
  const hanging = client(fetches(pending)).waitForResult(query, {
    deadlineMs: 10_000,
    onPending: () => (setImmediate(() => mock.timers.tick(10_000)), never()),
  });
  assert.equal((await hanging).status, "pending");

  for (const deadlineMs of [10_000, 0]) {
    const controller = new AbortController();
    const { signal } = controller;
    const fetch = fetches(pending);
    const aborted = client(fetch).waitForResult(query, {
      deadlineMs: 10_000,
      signal,
      onPending: () => (controller.abort(), mock.timers.tick(10_000 - deadlineMs), never()),
    });
    assert.equal((await failure(aborted)).kind, "aborted");
    assert.equal(fetch.requests.length, 1);
  }

  for (const onPending of [
    () => Promise.reject(new TypeError("planted")),
    () => {
      throw new TypeError("planted");
    },
  ]) {
    const failing = client(fetches(pending)).waitForResult(query, { onPending });
    await assert.rejects(failing, /^TypeError: planted$/);
  }
});

test("a wait follows Retry-After, but queries once more before the deadline", async () => {
  const throttled = (seconds) => async () =>
    Response.json({ Code: "Throttling" }, { status: 429, headers: { "retry-after": seconds } });
  const far = fetches(throttled("60"));
  const waiting = failure(client(far).waitForResult(query, { deadlineMs: 20_000 }));
  await new Promise(setImmediate);
  mock.timers.tick(18_999);
  await new Promise(setImmediate);
  assert.equal(far.requests.length, 1);
  mock.timers.tick(1);
  assert.equal((await waiting).code, "Throttling");
  assert.equal(far.requests.length, 2);

  const late = fetches(throttled("60"), passed);
  const lucky = client(late).waitForResult(query, { deadlineMs: 20_000 });
  await new Promise(setImmediate);
  mock.timers.tick(19_000);
  assert.equal((await lucky).status, "passed");

  const near = fetches(throttled("15"), passed);
  const over = client(near, { maxAttempts: 1 }).waitForResult(query, { deadlineMs: 20_000 });
  await new Promise(setImmediate);
  mock.timers.tick(14_999);
  await new Promise(setImmediate);
  assert.equal(near.requests.length, 1);
  mock.timers.tick(1);
  assert.equal((await over).status, "passed");
});

test("an answer without a verdict does not end a wait", async () => {
  const nothing = answer({ Code: "200", ResultObject: {} });
  const fetch = fetches(nothing, passed);
  const waiting = client(fetch, { maxAttempts: 1 }).waitForResult(query);
  await new Promise(setImmediate);
  mock.timers.tick(10_000);
  assert.equal((await waiting).status, "passed");
  const error = await failure(client(fetches(nothing), { maxAttempts: 1 }).describeFaceVerify(query));
  assert.deepEqual([error.code, error.retryable], ["NoVerdict", true]);
});

test("a wait without time makes one query", async () => {
  const fetch = fetches(pending);
  const found = await client(fetch).waitForResult(query, { deadlineMs: 0 });
  assert.equal(found.status, "pending");
  assert.equal(fetch.requests.length, 1);
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
