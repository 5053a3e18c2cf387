// What the functions and objects that a program passes can do to a call: change meanwhile, never end, fail late.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo } from "cloudauth-edge";
import { memoryOrders } from "cloudauth-edge/orders";
import { GatewayClient } from "../../pkg/dist/gateway-client.js";
import { fetchClient } from "../support/fetch-client.mjs";

const order = {
  sceneId: 1000000006,
  outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888",
  metaInfo: '{"zimVer":"3.0.0"}',
};
const certifyId = "91707dc296d469ad38e4c5efa6a0f24b";
const keys = { accessKeyId: "testid", accessKeySecret: "testsecret" };
const client = (fetch, options) =>
  new FaceVerifyClient({ endpoint: "http://127.0.0.1:9", fetch, ...keys, ...options });
const answer = (body) => Response.json({ RequestId: "R", ...body });
const failure = (call) =>
  call.then(
    () => assert.fail("no error"),
    (error) => (assert.ok(isFaceVerifyError(error), String(error)), error),
  );
const formOf = (init) => Object.fromEntries(new URLSearchParams(init.body));

/** A fetch that starts each order with its own CertifyId, and records the order numbers. */
function starting() {
  const fetch = async (_, init) => {
    const { OuterOrderNo } = formOf(init);
    fetch.orders.push(OuterOrderNo);
    return answer({ Code: "200", ResultObject: { CertifyId: `certify${OuterOrderNo.slice(-4)}` } });
  };
  fetch.orders = [];
  return fetch;
}

const numbered = (digit) => String(digit).repeat(32);

test("an object that changes after the call changes nothing", async () => {
  for (const orders of [undefined, memoryOrders()]) {
    const fetch = starting();
    const face = client(fetch, { orders });
    const parameters = { ...order };
    const calls = [1, 2, 3].map((digit) => {
      parameters.outerOrderNo = numbered(digit);
      return face.initFaceVerify(parameters);
    });
    const ids = (await Promise.all(calls)).map(({ certifyId }) => certifyId);
    assert.deepEqual(ids, ["certify1111", "certify2222", "certify3333"]);
    assert.deepEqual(fetch.orders.sort(), [1, 2, 3].map(numbered));
  }
});

test("an object that changes between two queries changes nothing", async () => {
  const asked = [];
  const query = { sceneId: 1000000006, certifyId };
  const face = client(async (_, init) => {
    asked.push(formOf(init).CertifyId);
    return asked.length === 1
      ? answer({ Code: "424" })
      : answer({ Code: "200", ResultObject: { Passed: "T", SubCode: "200" } });
  });
  const onPending = () => (query.certifyId = "another");
  assert.equal((await face.waitForResult(query, { onPending })).status, "passed");
  assert.deepEqual(asked, [certifyId, certifyId]);
});

test("an object that changes after a start at the gateway changes nothing", async () => {
  const times = { createdAt: "2026-11-23T10:22:32Z", expiresAt: "2026-11-23T10:52:32Z" };
  const gateway = new GatewayClient({
    url: "http://127.0.0.1:9",
    token: async () => "a-token",
    fetch: async (_, { body }) => {
      const { outerOrderNo } = JSON.parse(body);
      return Response.json({ outerOrderNo, certifyId, ...times, requestId: "r" }, { status: 201 });
    },
  });
  const parameters = { outerOrderNo: numbered(1), metaInfo: "{}" };
  const started = gateway.start(parameters);
  parameters.outerOrderNo = numbered(2);
  assert.equal((await started).outerOrderNo, numbered(1));
});

test("a fetch, or a body, that ignores the signal does not keep a call from ending", async () => {
  const never = [
    () => new Promise(() => {}),
    async () => new Response(new ReadableStream({})),
    async () => new Response(new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(9)) })),
  ];
  for (const fetch of never) {
    const timed = client(fetch, { timeoutMs: 200, totalTimeoutMs: 60_000 });
    const late = await failure(timed.initFaceVerify(order));
    assert.deepEqual([late.kind, late.execution], ["timeout", "unknown"]);
    const controller = new AbortController();
    const cancelled = failure(client(fetch).initFaceVerify(order, { signal: controller.signal }));
    await pause(0);
    controller.abort();
    assert.deepEqual([(await cancelled).kind, (await cancelled).execution], ["aborted", "unknown"]);
    const gateway = new GatewayClient({
      url: "http://127.0.0.1:9",
      token: "t",
      fetch,
      timeoutMs: 20,
      maxAttempts: 1,
    });
    assert.equal((await failure(gateway.read(order.outerOrderNo))).kind, "timeout");
  }
});

test("an error of an established connection does not prove that nothing was sent", async (context) => {
  const Client = await fetchClient();
  let fail;
  context.mock.method(globalThis, "fetch", async () => fail());
  for (const code of ["EHOSTUNREACH", "ENETUNREACH", "ENETDOWN", "ECONNREFUSED", "EADDRNOTAVAIL"]) {
    for (const [syscall, execution, requests] of [
      ["read", "unknown", 1],
      ["write", "unknown", 1],
      ["connect", "none", 2],
      [undefined, "none", 2],
    ]) {
      let sent = 0;
      fail = () => {
        sent += 1;
        throw new TypeError("fetch failed", { cause: Object.assign(new Error(), { code, syscall }) });
      };
      const face = new Client({ ...keys, maxAttempts: 2 });
      const error = await failure(face.initFaceVerify(order));
      assert.deepEqual([error.execution, sent], [execution, requests], `${syscall} ${code}`);
    }
  }
});

test("a hook that fails later ends neither the call nor the process", () => {
  const program = `
    import { FaceVerifyClient } from "cloudauth-edge";
    const fetch = async () => Response.json({ Code: "200", ResultObject: { CertifyId: "certify1" } });
    const onAttempt = async () => { throw new Error("planted"); };
    const keys = ${JSON.stringify(keys)};
    const client = new FaceVerifyClient({ endpoint: "http://127.0.0.1:9", fetch, onAttempt, ...keys });
    console.log((await client.initFaceVerify(${JSON.stringify(order)})).certifyId);
    setImmediate(() => console.log("goes on"));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    encoding: "utf8",
  });
  assert.deepEqual([status, stdout, stderr], [0, "certify1\ngoes on\n", ""]);
});

test("a function for pending results that fails, also later, ends the wait with its error", async () => {
  const pending = async () => answer({ Code: "424" });
  const order = { outerOrderNo: numbered(1), certifyId, status: "pending" };
  const found = async () => Response.json({ ...order, requestId: "r" });
  const gateway = new GatewayClient({ url: "http://127.0.0.1:9", token: "t", fetch: found });
  const planted = new Error("planted");
  const throws = () => {
    throw planted;
  };
  for (const onPending of [throws, async () => throws()]) {
    await assert.rejects(client(pending).waitForResult({ sceneId: 1, certifyId }, { onPending }), planted);
    await assert.rejects(gateway.waitForResult(numbered(1), { onPending }), planted);
  }
});

test("a start that may have been executed stays so if new credentials are unusable", async () => {
  const answers = [
    async () => {
      throw Object.assign(new Error(), { code: "ECONNRESET" });
    },
    async () => Response.json({ Code: "InvalidSecurityToken.Expired" }, { status: 400 }),
  ];
  for (const given of [{}, undefined, { ...keys, accessKeySecret: "planted\n" }]) {
    const fetches = [...answers];
    const gives = [keys, given];
    const face = new FaceVerifyClient({
      endpoint: "http://127.0.0.1:9",
      fetch: () => fetches.shift()(),
      credentials: async () => gives.shift(),
      repeatInit: true,
    });
    const error = await failure(face.initFaceVerify(order));
    assert.deepEqual([error.kind, error.execution, gives.length], ["credentials", "unknown", 0]);
  }
});

test("a prefix that is not a string is refused", () => {
  for (const prefix of [42, true, {}, null, [], 1n, Symbol("a")])
    assert.throws(() => newOuterOrderNo(prefix), { name: "TypeError", message: /must be a string/ });
});

test("the gateway's client takes any deadline, and refuses other values", async () => {
  const passed = async () =>
    Response.json({ outerOrderNo: numbered(1), certifyId, status: "passed", requestId: "r" });
  const url = "http://127.0.0.1:9";
  const token = () => pause(1, "a-token");
  for (const deadlineMs of [Infinity, Number.MAX_SAFE_INTEGER, 1e300, 60_000.5]) {
    const gateway = new GatewayClient({ url, token, fetch: passed });
    assert.equal((await gateway.waitForResult(numbered(1), { deadlineMs })).status, "passed");
  }
  for (const deadlineMs of [NaN, -1, "60000", 1n]) {
    const gateway = new GatewayClient({ url, token, fetch: passed });
    await assert.rejects(gateway.waitForResult(numbered(1), { deadlineMs }), {
      name: "FaceVerifyError",
      message: /deadlineMs/,
    });
  }
  const patient = new GatewayClient({ url, token, fetch: passed, totalTimeoutMs: Number.MAX_SAFE_INTEGER });
  assert.equal((await patient.read(numbered(1))).status, "passed");
});

test("the gateway's client sends nothing after it was aborted, however late", async () => {
  for (const token of ["a-token", async () => "a-token"]) {
    for (let ticks = 0; ticks < 12; ticks += 1) {
      const controller = new AbortController();
      let abortedBefore = true;
      const gateway = new GatewayClient({
        url: "http://127.0.0.1:9",
        token,
        fetch: () => {
          abortedBefore = controller.signal.aborted;
          return new Promise(() => {});
        },
      });
      const call = failure(gateway.read(numbered(1), { signal: controller.signal }));
      for (let tick = 0; tick < ticks; tick += 1) await null;
      const sent = !abortedBefore;
      controller.abort();
      assert.equal((await call).kind, "aborted");
      assert.equal(!abortedBefore, sent, `after ${ticks} ticks`);
    }
  }
});

test("the gateway's client works on a page without an origin", (t) => {
  t.after(() => delete globalThis.location);
  globalThis.location = { origin: "null" };
  assert.ok(new GatewayClient({ url: "https://gateway.example", token: "t" }));
  assert.throws(() => new GatewayClient({ token: "t" }), { kind: "validation" });
});
