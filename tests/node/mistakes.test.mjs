// A bug in the calling program is reported as such, and the error keeps only the location of what was
// thrown.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { FaceVerifyClient, isFaceVerifyError } from "cloudauth-edge";
import { faultServer, json, started } from "../support/fault-server.mjs";

const order = {
  sceneId: 1000000006,
  outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888",
  metaInfo: '{"zimVer":"3.0.0"}',
  certName: "张三",
  certNo: "11010519491231002X",
};
const keys = { accessKeyId: "testid", accessKeySecret: "testsecret-planted" };
/** No server listens there. */
const closed = await faultServer(started);
await closed[Symbol.asyncDispose]();
const { endpoint } = closed;

const client = (options) => new FaceVerifyClient({ endpoint, maxAttempts: 1, ...keys, ...options });

const failure = (call) =>
  call.then(
    () => assert.fail("no error"),
    (error) => (assert.ok(isFaceVerifyError(error), String(error)), error),
  );

class Api {
  base = "http://127.0.0.1:9";
  requests = [];
  fetch(url) {
    this.requests.push(url);
  }
  async fetchLater(url) {
    this.requests.push(url);
  }
}

const mistakes = {
  "an unbound method": new Api().fetch,
  "an unbound async method": new Api().fetchLater,
  "a wrong argument": () => fetch("::planted"),
  "a wrong header": (url) => fetch(url, { headers: { "x-planted": "张三" } }),
  "a mistyped name": () => fecth(), // oxlint-disable-line no-undef
  "a mock without an answer": () => undefined,
  "a mock that is not a Response": async () => ({ ok: true, json: async () => ({}) }),
  "a mock with another body": async () => ({ status: 200, headers: new Headers(), body: "planted" }),
};

for (const [name, fetch] of Object.entries(mistakes)) {
  test(`${name} is not a broken network`, async () => {
    const face = client({ fetch, maxAttempts: 3 });
    const error = await failure(face.initFaceVerify(order));
    const { kind, code, audience, retryable, execution } = error;
    assert.deepEqual(
      { kind, code, audience, retryable, execution },
      {
        kind: "validation",
        code: "InvalidFetch",
        audience: "developer",
        retryable: false,
        execution: "unknown",
      },
    );
    assert.ok(!inspect(error, { depth: 9 }).includes("planted"), inspect(error));
  });
}

test("a Response whose body was already read is named as such", async () => {
  const response = Response.json({ Code: "200", ResultObject: { CertifyId: "a" } });
  const face = client({ fetch: async () => response });
  await face.initFaceVerify(order);
  assert.equal((await failure(face.initFaceVerify(order))).code, "InvalidFetch");
});

test("each transport reports a network failure as one", async () => {
  for (const [options, execution] of [
    [{}, "none"],
    [{ fetch: globalThis.fetch }, "unknown"],
    [{ fetch: (...request) => fetch(...request) }, "unknown"],
  ]) {
    const error = await failure(client(options).initFaceVerify(order));
    assert.deepEqual([error.kind, error.code, error.execution], ["transport", "ConnectionFailed", execution]);
  }
});

test("a cause names class, code and place, through every level", async () => {
  const error = await failure(client({ fetch: globalThis.fetch }).initFaceVerify(order));
  assert.deepEqual([error.cause.name, error.cause.cause.code], ["TypeError", "ECONNREFUSED"]);
  const unbound = await failure(client({ fetch: new Api().fetch }).initFaceVerify(order));
  assert.equal(unbound.cause.name, "TypeError");
  assert.match(unbound.cause.stack, /at fetch \(file:.*mistakes\.test\.mjs:\d+:\d+\)/);
  const timeout = await failure(
    client({}).initFaceVerify(order, {
      signal: AbortSignal.abort(new DOMException("planted", "TimeoutError")),
    }),
  );
  assert.deepEqual([timeout.kind, timeout.cause.name], ["aborted", "TimeoutError"]);
  await using server = await faultServer(json({ Code: "500" }));
  assert.equal((await failure(client({ endpoint: server.endpoint }).initFaceVerify(order))).cause, undefined);
});

test("a cause keeps the codes of every runtime, and no key or number", async () => {
  const causeOf = async (code) => {
    const error = Object.assign(new Error("planted"), { code });
    return (await failure(client({ fetch: () => Promise.reject(error) }).initFaceVerify(order))).cause.code;
  };
  for (const code of ["ECONNRESET", "EAI_AGAIN", "UND_ERR_SOCKET", "ERR_HTTP2_ERROR", "ConnectionRefused"])
    assert.equal(await causeOf(code), code);
  for (const code of [
    "LTAI5tExample0123",
    "cGxhbnRlZC1kZXZpY2UtMWRX",
    "11010519491231002X",
    "a.b",
    "ab",
    "E5BCA0",
    42,
    {},
  ])
    assert.equal(await causeOf(code), undefined, String(code));
});

test("no error keeps a message, an address or a property of a thrown value", async () => {
  const planted = [
    "张三",
    "11010519491231002X",
    "testsecret-planted",
    "127.0.0.1",
    "example.com",
    "Signature=",
  ];
  const text = planted.join(" ");
  const frame = `\n    at ${text} (https://example.com/?${text}:1:1)\n    at /${text}:1:1`;
  const leaking = () => {
    const error = new Error(text + frame, { cause: new TypeError(text) });
    Object.assign(error, { name: text, code: text, config: { url: text, headers: [text] }, request: text });
    error.errors = [new Error(text)];
    return error;
  };
  const hostile = new Proxy(new Error(text), {
    get() {
      throw new Error(text);
    },
  });
  const circular = new Error(text);
  circular.cause = circular;
  const thrown = [leaking(), hostile, circular, text, { message: text, stack: text + frame }, Object(text)];
  const reject = (error) => () => Promise.reject(error);
  const calls = thrown.flatMap((error) => [
    client({ fetch: reject(error) }).initFaceVerify(order),
    new FaceVerifyClient({ endpoint, credentials: reject(error) }).initFaceVerify(order),
    client({}).initFaceVerify(order, { signal: AbortSignal.abort(error) }),
  ]);
  // Node's connection errors contain address and port.
  calls.push(client({}).initFaceVerify(order), client({ fetch: globalThis.fetch }).initFaceVerify(order));
  for (const error of await Promise.all(calls.map(failure))) {
    let shown = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error);
    for (let cause = error; cause; cause = cause.cause)
      shown += [cause.stack, String(cause), JSON.stringify(cause), cause.message].join("\n");
    for (const value of planted) assert.ok(!shown.includes(value), `${value} in ${shown}`);
  }
});

test("mocks that are Responses are taken", async () => {
  await using server = await faultServer(started);
  const Subclass = class extends Response {};
  for (const fetch of [
    (...request) => globalThis.fetch(...request),
    async () => new Subclass('{"Code":"200","ResultObject":{"CertifyId":"a"}}'),
    () => new Response('{"Code":"200","ResultObject":{"CertifyId":"a"}}'),
  ]) {
    const { certifyId } = await client({ fetch, endpoint: server.endpoint }).initFaceVerify(order);
    assert.ok(certifyId);
  }
});
