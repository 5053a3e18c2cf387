// The client of the gateway's REST API, against servers that fail in every way a gateway, or what is before it, can.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { GatewayClient, isFaceVerifyError } from "../../pkg/dist/gateway-client.js";
import { stopClocks } from "../support/clocks.mjs";
import { faultServer, hang, hangInBody, json, reset, text } from "../support/fault-server.mjs";

const TOKEN = "gw-token-of-a-test";
const outerOrderNo = "e0c34a77f5ac40a5aa5e6ed20c353888";
const order = { outerOrderNo, metaInfo: "{}", certName: "张三", certNo: "11010519491231002X" };
const times = { createdAt: "2026-11-23T10:22:32Z", expiresAt: "2026-11-23T10:52:32Z" };
const requestId = "0123456789abcdef0123456789abcdef";
const certifyId = "91707dc296d469ad38e4c5efa6a0f24b";
const body = { outerOrderNo, certifyId, ...times, requestId };
const started = json(body, 201);
const found = (status, more) => json({ ...body, status, ...more });

/** A refusal as the gateway writes it. */
const refusal = (status, code, { headers, ...more } = {}) =>
  json(
    {
      type: `/problems/${code}`,
      title: code,
      status,
      detail: `${code} in English`,
      messages: { zh: `${code} 的中文`, en: `${code} in English` },
      code,
      audience: "developer",
      retryable: false,
      execution: "none",
      requestId,
      ...more,
    },
    status,
    { "content-type": "application/problem+json", ...headers },
  );

const clientOf = ({ endpoint }, options) => new GatewayClient({ url: endpoint, token: TOKEN, ...options });

/** The error of a call, which must not show the token, the name or the number in any way. */
async function errorOf(promise) {
  const error = await promise.then(
    () => assert.fail("no error"),
    (thrown) => thrown,
  );
  assert.ok(isFaceVerifyError(error), inspect(error));
  for (const shown of [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), error.stack])
    for (const secret of [TOKEN, "张三", "11010519491231002X"]) assert.ok(!shown.includes(secret), shown);
  return error;
}
const summaryOf = ({ kind, code, execution, retryable, httpStatus }) => ({
  kind,
  code,
  execution,
  retryable,
  httpStatus,
});

test("a start: the request, and what comes of it", async () => {
  await using server = await faultServer(started);
  const result = await clientOf(server, { language: "zh" }).start({
    ...order,
    sceneId: 9223372036854775807n,
  });
  assert.deepEqual(result, body);
  const [{ method, url, headers, form }] = server.requests;
  assert.equal(`${method} ${url}`, "POST /v1/face-verifications");
  assert.equal(headers.authorization, `Bearer ${TOKEN}`);
  assert.equal(headers["accept-language"], "zh");
  assert.match(headers["x-request-id"], /^[0-9a-f]{32}$/);
  assert.deepEqual(JSON.parse([...form][0][0]), { ...order, sceneId: "9223372036854775807" });
});

test("below a path, and with queries", async () => {
  await using server = await faultServer(json({ items: [], requestId }), json({ days: [], requestId }));
  const client = clientOf(server, { url: `${server.endpoint}/verify` });
  await client.list({ limit: 5, status: "unknown", cursor: undefined });
  await client.count({ offsetMinutes: -60 });
  assert.deepEqual(
    server.requests.map(({ method, url }) => `${method} ${url}`),
    [
      "GET /verify/v1/face-verifications?limit=5&status=unknown",
      "GET /verify/v1/face-verification-counts?offsetMinutes=-60",
    ],
  );
});

test("the client shows no token", () => {
  const client = new GatewayClient({ url: "https://verify.example.com", token: TOKEN });
  for (const shown of [inspect(client, { showHidden: true, depth: 9 }), JSON.stringify(client), `${client}`])
    assert.ok(!shown.includes(TOKEN), shown);
});

for (const [name, options, fields] of [
  ["no options", undefined, ["url", "token"]],
  ["an empty token", { token: "" }, ["token"]],
  ["a token with a line break, which would be a second header", { token: "a\nb: c" }, ["token"]],
  ["http:// of another machine", { url: "http://verify.example.com" }, ["url"]],
  ["credentials in the URL", { url: "https://me:secret@verify.example.com" }, ["url"]],
  ["no URL", { url: "verify.example.com" }, ["url"]],
  ["another scheme", { url: "file:///etc/passwd" }, ["url"]],
  ["a query", { url: "https://verify.example.com/?token=secret" }, ["url"]],
  ["a time limit of 0", { timeoutMs: 0, maxAttempts: 1.5 }, ["timeoutMs", "maxAttempts"]],
  ["a fetch that is none", { fetch: "fetch" }, ["fetch"]],
  [
    "options that it does not have",
    { timeout: 1, maxRetries: 2, "a secret": 3 },
    ["timeout", "maxRetries", "(?)"],
  ],
  ["another language", { language: "cn" }, ["language"]],
]) {
  test(`the constructor rejects ${name}`, () => {
    const valid = { url: "https://verify.example.com", token: TOKEN };
    assert.throws(
      () => new GatewayClient(options && { ...valid, ...options }),
      (error) => {
        assert.equal(error.kind, "validation");
        assert.deepEqual(
          error.fields.map(({ field }) => field),
          fields,
        );
        assert.ok(!inspect(error).includes("secret"));
        return true;
      },
    );
  });
}

test("options that a call does not have are refused, and an absent one is not", async () => {
  await using server = await faultServer(found("passed"));
  const client = clientOf(server);
  const { signal } = new AbortController();
  const calls = [
    (options) => client.start(order, options),
    (options) => client.read(outerOrderNo, options),
    (options) => client.waitForResult(outerOrderNo, options),
    (options) => client.list({}, options),
    (options) => client.count({}, options),
    (options) => client.readPhoto(outerOrderNo, options),
  ];
  for (const call of calls) {
    const error = await errorOf(call({ timeoutMs: 100 }));
    assert.deepEqual([error.code, error.fields[0].field], ["InvalidOptions", "timeoutMs"]);
    assert.match((await errorOf(call(signal))).message, /\{ signal \}/);
    assert.match((await errorOf(call(100))).message, /must be an object/);
  }
  assert.equal(server.requests.length, 0);
  await client.read(outerOrderNo, { signal, timeoutMs: undefined });
});

test("nothing but an order number or a CertifyId gets into the URL of a list", async () => {
  await using server = await faultServer(json({ items: [], days: [], requestId }));
  const client = clientOf(server);
  const { certNo, certName } = order;
  for (const search of [certNo, "110105491231002", certName.repeat(10), "", "a".repeat(257), null, 1]) {
    const error = await errorOf(client.list({ search }));
    assert.deepEqual([error.code, error.fields[0].field], ["InvalidParameters", "search"]);
  }
  const { signal } = new AbortController();
  for (const [query, field] of [
    [{ certNo }, "certNo"],
    [{ signal }, "signal"],
    [signal, "options"],
    [certNo, "options"],
  ]) {
    for (const method of ["list", "count"]) {
      const error = await errorOf(client[method](query));
      assert.deepEqual([error.code, error.fields[0].field], ["InvalidOptions", field]);
    }
  }
  assert.equal(server.requests.length, 0);
  for (const search of [outerOrderNo, certifyId, undefined]) await client.list({ search });
});

test("http:// of a private network needs allowHttp", () => {
  assert.ok(new GatewayClient({ url: "http://gateway:8787", token: TOKEN, allowHttp: true }));
});

test("what is not an order number never gets into a URL", async () => {
  await using server = await faultServer(found("passed"));
  const client = clientOf(server);
  for (const wrong of ["", "..", "../../v1/callbacks", "张三", `${outerOrderNo}?a`, undefined]) {
    for (const method of ["read", "waitForResult", "readPhoto"]) {
      const error = await errorOf(client[method](wrong));
      assert.equal(error.fields[0].field, "outerOrderNo");
    }
  }
  assert.equal(server.requests.length, 0);
});

test("a sceneId beyond the precision of a number is rejected, and nothing is sent", async () => {
  await using server = await faultServer(started);
  const error = await errorOf(clientOf(server).start({ ...order, sceneId: 2 ** 53 }));
  assert.deepEqual([error.kind, error.fields[0].field], ["validation", "sceneId"]);
  assert.equal(server.requests.length, 0);
});

for (const [status, code, more, expected] of [
  [401, "unauthenticated", {}, { kind: "credentials", execution: "none", retryable: false }],
  [403, "insufficient-scope", {}, { kind: "credentials", execution: "none", retryable: false }],
  [409, "order-conflict", {}, { kind: "validation", execution: "none", retryable: false }],
  [
    409,
    "start-outcome-unknown",
    { execution: "unknown" },
    { kind: "transport", execution: "unknown", retryable: false },
  ],
  [422, "vendor-refused", {}, { kind: "vendor", execution: "none", retryable: false }],
  [
    429,
    "daily-limit",
    { retryable: true, headers: { "retry-after": "36000" } },
    { kind: "throttled", execution: "none", retryable: true },
  ],
  [503, "not-configured", {}, { kind: "transport", execution: "none", retryable: false }],
]) {
  test(`${status} ${code} is an error with that code, and not repeated`, async () => {
    await using server = await faultServer(refusal(status, code, more));
    const error = await errorOf(clientOf(server).start(order));
    assert.deepEqual(summaryOf(error), { ...expected, code, httpStatus: status });
    assert.equal(error.requestId, requestId);
    assert.equal(error.message, `${code} in English`);
    assert.equal(error.messages.zh, `${code} 的中文`);
    assert.equal(server.requests.length, 1);
  });
}

test("a problem's code is not looked up in a prototype, and its requestId has the gateway's form", async () => {
  const codes = ["constructor", "toString", "__proto__", "hasOwnProperty"];
  await using server = await faultServer(
    ...codes.map((code) => refusal(400, code)),
    refusal(400, "invalid-request", { requestId: "张三 11010519491231002X" }),
    refusal(400, "invalid-request", { requestId: "" }),
  );
  const client = clientOf(server);
  for (const code of codes) {
    const { kind, ...error } = await errorOf(client.start(order));
    assert.deepEqual({ kind, code: error.code }, { kind: "validation", code });
  }
  for (let at = 0; at < 2; at++) assert.equal((await errorOf(client.start(order))).code, "NotTheGateway");
});

test("what JSON cannot carry is refused before a request is sent", async () => {
  await using server = await faultServer();
  const client = clientOf(server);
  for (const parameters of [
    null,
    JSON.stringify(order),
    { ...order, userId: 10n },
    { ...order, ip: [order] },
  ]) {
    const error = await errorOf(client.start(parameters));
    assert.deepEqual(
      [error.kind, error.code, error.fields[0].rule],
      ["validation", "InvalidParameters", "type"],
    );
  }
  assert.equal((await errorOf(client.list({ status: ["passed"] }))).code, "InvalidParameters");
  assert.equal((await errorOf(client.read([outerOrderNo]))).code, "InvalidParameters");
  assert.equal(server.requests.length, 0);
});

test("fields, settings and Alibaba Cloud's code are in the error", async () => {
  const messages = { zh: "有误", en: "is wrong" };
  const errors = [{ field: "certNo", rule: "checksum", detail: "is wrong", messages }];
  await using server = await faultServer(
    refusal(400, "invalid-request", { errors }),
    refusal(503, "not-configured", { settings: [{ ...errors[0], field: "GATEWAY_SECRET" }] }),
    refusal(422, "vendor-refused", { vendorCode: "401", vendorRequestId: "130A2C10" }),
  );
  const client = clientOf(server);
  const first = await errorOf(client.start(order));
  assert.deepEqual(first.fields, [{ field: "certNo", rule: "checksum", message: "is wrong", messages }]);
  assert.equal((await errorOf(client.start(order))).fields[0].field, "GATEWAY_SECRET");
  const third = await errorOf(client.start(order));
  assert.match(third.message, /Code 401, RequestId 130A2C10/);
  assert.match(third.messages.zh, /Code 401, RequestId 130A2C10/);
});

const page = text("<html>502 Bad Gateway</html>", 502);
for (const [name, ...answers] of [
  ["a reset connection", reset],
  ["half a response", text('{"outerOrderNo":"e0c34a77', 201, "application/json")],
  ["a proxy's page", page],
  ["a page with status 200", text("<html>Sign in</html>")],
  ["JSON of something else", json({ status: "ok" })],
  ["another order's response", json({ ...body, outerOrderNo: "f".repeat(32) }, 201)],
  ["408", refusal(408, "request-timeout", { retryable: true })],
  [
    "429 with Retry-After",
    refusal(429, "rate-limited", { retryable: true, headers: { "retry-after": "1" } }),
  ],
  [
    "order-being-started",
    refusal(409, "order-being-started", { retryable: true, headers: { "retry-after": "1" } }),
  ],
  ["a gateway that is being deployed", refusal(503, "unavailable", { retryable: true })],
  ["two failures", reset, page],
]) {
  test(`a start is repeated after ${name}, with the same body and the same request id`, async () => {
    await using server = await faultServer(...answers, started);
    assert.equal((await clientOf(server).start(order)).certifyId, certifyId);
    assert.equal(server.requests.length, answers.length + 1);
    const [first] = server.requests;
    for (const { form, headers } of server.requests) {
      assert.equal(`${form}`, `${first.form}`);
      assert.equal(headers["x-request-id"], first.headers["x-request-id"]);
    }
  });
}

for (const [name, answer, expected] of [
  ["a gateway that hangs", hang, { kind: "timeout", code: "Timeout" }],
  ["a gateway that hangs in the body", hangInBody, { kind: "timeout", code: "Timeout" }],
  ["a reset connection", reset, { kind: "transport", code: "ConnectionFailed" }],
  ["a proxy's page", page, { kind: "transport", code: "NotTheGateway", httpStatus: 502 }],
  [
    "a proxy's refusal",
    text("<html>blocked</html>", 403),
    { kind: "protocol", code: "NotTheGateway", httpStatus: 403 },
  ],
  [
    "half a response",
    text('{"outerOrder', 201, "application/json"),
    { kind: "protocol", code: "NotTheGateway", httpStatus: 201 },
  ],
  [
    "a redirect, which is not followed with the token",
    (_, response) => response.writeHead(302, { location: "/elsewhere" }).end(),
    { kind: "protocol", code: "NotTheGateway", httpStatus: 302 },
  ],
  [
    "a problem with members of other types",
    json({ code: "rate-limited", messages: "no", retryable: true }, 429),
    { kind: "transport", code: "NotTheGateway", httpStatus: 429 },
  ],
]) {
  test(`after ${name}, the start is unknown, and a read starts nothing`, async () => {
    await using server = await faultServer(answer);
    const timeoutMs = expected.code === "Timeout" ? 300 : undefined;
    const client = clientOf(server, { timeoutMs, maxAttempts: 2 });
    const error = await errorOf(client.start(order));
    assert.deepEqual(summaryOf(error), {
      httpStatus: null,
      ...expected,
      execution: "unknown",
      retryable: false,
    });
    assert.match(error.requestId, /^[0-9a-f]{32}$/);
    assert.ok(/[一-鿿]/.test(error.messages.zh));
    assert.equal((await errorOf(client.read(outerOrderNo))).execution, "none");
  });
}

test("a later refusal does not hide that an earlier attempt may have started the order", async () => {
  await using server = await faultServer(reset, refusal(429, "daily-limit"));
  const error = await errorOf(clientOf(server).start(order));
  assert.deepEqual([error.code, error.execution, error.retryable], ["daily-limit", "unknown", false]);
  assert.match(
    error.messages.en,
    /^The gateway refused the last attempt \(daily-limit\)\. The order may have been/,
  );
  for (const last of [reset, text("<html>", 502)]) {
    await using proxy = await faultServer(reset, last, last);
    const lost = await errorOf(clientOf(proxy).start(order));
    assert.deepEqual([lost.execution, lost.retryable], ["unknown", false]);
    assert.match(lost.messages.en, / The order may have been started; a repeated call/);
    assert.match(lost.messages.zh, /。该订单可能已发起；/);
  }
});

test("a token function that fails after a lost start does not claim that nothing was started", async () => {
  await using server = await faultServer(reset);
  const tokens = [async () => TOKEN, () => Promise.reject(new Error("planted"))];
  const error = await errorOf(clientOf(server, { token: () => tokens.shift()() }).start(order));
  assert.deepEqual([error.code, error.execution, error.retryable], ["CredentialsFailed", "unknown", false]);
  assert.match(error.messages.en, /this request was not sent.* The order may have been started/);
  assert.match(error.messages.zh, /本次请求未发送.*该订单可能已发起/);
});

test("a start without a CertifyId is not a start", async () => {
  await using server = await faultServer(json({ ...body, certifyId: "" }, 201));
  const error = await errorOf(clientOf(server, { maxAttempts: 1 }).start(order));
  assert.deepEqual([error.code, error.execution], ["NotTheGateway", "unknown"]);
});

test("the time limit of a call is never less than that of an attempt", async (t) => {
  stopClocks(t.mock);
  const fetch = async () => {
    t.mock.timers.tick(100_000);
    await new Promise(setImmediate);
    return Response.json(body, { status: 201 });
  };
  const options = { url: "https://verify.example.com", token: TOKEN, fetch, maxAttempts: 1 };
  const patient = new GatewayClient({ ...options, timeoutMs: 120_000 });
  assert.equal((await patient.start(order)).certifyId, certifyId);
  const limited = new GatewayClient({ ...options, timeoutMs: 120_000, totalTimeoutMs: 90_000 });
  assert.equal((await errorOf(limited.start(order))).code, "Timeout");
});

test("restartUnknown is sent once, and its repetition only asks", async () => {
  await using server = await faultServer(reset, started);
  await clientOf(server).start(order, { restartUnknown: true });
  assert.deepEqual(
    server.requests.map(({ url }) => url),
    ["/v1/face-verifications?restartUnknown=true", "/v1/face-verifications"],
  );
});

test("restartUnknown is repeated if nothing was started", async () => {
  await using server = await faultServer(refusal(503, "unavailable", { retryable: true }), started);
  await clientOf(server).start(order, { restartUnknown: true });
  assert.deepEqual(new Set(server.requests.map(({ url }) => url)).size, 1);
});

test("a signal ends a call at once, and one that has fired sends nothing", async () => {
  const abort = new AbortController();
  await using server = await faultServer((request) => {
    request.resume();
    abort.abort(new Error(`for ${TOKEN}`));
  });
  const error = await errorOf(clientOf(server).start(order, { signal: abort.signal }));
  assert.deepEqual(summaryOf(error), {
    kind: "aborted",
    code: "Aborted",
    execution: "unknown",
    retryable: false,
    httpStatus: null,
  });
  const unsent = await errorOf(clientOf(server).start(order, { signal: abort.signal }));
  assert.deepEqual([unsent.code, unsent.execution], ["Aborted", "none"]);
  assert.equal(server.requests.length, 1);
});

test("a token from a function is asked for each request, and its failure sends nothing", async () => {
  await using server = await faultServer(found("pending"));
  const tokens = ["first", "second"];
  const client = clientOf(server, { token: async () => tokens.shift() });
  await client.read(outerOrderNo);
  await client.read(outerOrderNo);
  assert.deepEqual(
    server.requests.map(({ headers }) => headers.authorization),
    ["Bearer first", "Bearer second"],
  );
  const none = await errorOf(client.read(outerOrderNo));
  const summaryOf = ({ kind, code, audience, retryable }) => [kind, code, audience, retryable];
  assert.deepEqual(summaryOf(none), ["credentials", "CredentialsFailed", "developer", false]);
  const broken = () => {
    throw new TypeError(`no ${TOKEN}`);
  };
  const error = await errorOf(clientOf(server, { token: broken }).read(outerOrderNo));
  assert.deepEqual(summaryOf(error), ["credentials", "CredentialsFailed", "operator", true]);
  assert.equal(error.cause.name, "TypeError");
  const hanging = { token: () => new Promise(() => {}), totalTimeoutMs: 20 };
  const late = await errorOf(clientOf(server, hanging).start(order));
  assert.deepEqual(summaryOf(late), ["credentials", "CredentialsTimeout", "operator", true]);
  assert.equal(late.execution, "none");
  assert.equal(server.requests.length, 2);
});

test("a token function that fails once does not end a wait", async () => {
  await using server = await faultServer(found("passed"));
  const tokens = [() => Promise.reject(new Error(`no ${TOKEN}`)), async () => TOKEN];
  const client = clientOf(server, { token: () => tokens.shift()() });
  assert.equal((await client.waitForResult(outerOrderNo)).status, "passed");
});

test("waiting: long polls until the verdict", async () => {
  await using server = await faultServer(
    found("pending"),
    refusal(503, "unavailable", { retryable: true }),
    found("passed", { subCode: "200" }),
  );
  const seen = [];
  const client = clientOf(server, { maxAttempts: 1 });
  const result = await client.waitForResult(outerOrderNo, { onPending: (each) => seen.push(each.status) });
  assert.deepEqual([result.status, seen], ["passed", ["pending"]]);
  for (const { headers } of server.requests) assert.equal(headers.prefer, "wait=25");
});

test("waiting ends at the deadline, with what is known by then", async (t) => {
  stopClocks(t.mock, ["Date"]);
  const urls = [];
  const client = new GatewayClient({
    url: "https://verify.example.com",
    token: TOKEN,
    async fetch(url) {
      urls.push(url);
      t.mock.timers.tick(60_000);
      return Response.json({ ...body, status: "pending" });
    },
  });
  const order = await client.waitForResult(outerOrderNo, { deadlineMs: 100_000, material: false });
  assert.equal(order.status, "pending");
  const url = `https://verify.example.com/v1/face-verifications/${outerOrderNo}?material=false`;
  assert.deepEqual(urls, [url, url]);
});

test("a deadline of 0 makes one request", async () => {
  await using server = await faultServer(found("pending"), found("passed"));
  const client = clientOf(server);
  const seen = [];
  const onPending = ({ status }) => seen.push(status);
  assert.equal((await client.waitForResult(outerOrderNo, { deadlineMs: 0, onPending })).status, "pending");
  assert.deepEqual([server.requests.length, seen], [1, ["pending"]]);
  assert.equal(server.requests[0].headers.prefer, undefined);
  assert.equal((await client.waitForResult(outerOrderNo, { deadlineMs: 0 })).status, "passed");
});

test("a gateway that waits as long as it is asked to answers before the deadline", async (t) => {
  stopClocks(t.mock);
  const client = new GatewayClient({
    url: "https://verify.example.com",
    token: TOKEN,
    async fetch(_, { headers }) {
      const [, seconds = 0] = /^wait=(\d+)$/.exec(new Headers(headers).get("prefer")) ?? [];
      t.mock.timers.tick(seconds * 1_000 + 1);
      return Response.json({ ...body, status: "pending" });
    },
  });
  for (const deadlineMs of [1_000, 2_000, 3_000, 26_000]) {
    const waiting = client.waitForResult(outerOrderNo, { deadlineMs });
    assert.equal((await waiting).status, "pending", String(deadlineMs));
  }
});

test("waiting follows Retry-After, but asks once more before the deadline", async (t) => {
  stopClocks(t.mock);
  const throttled = (seconds) => () =>
    Promise.resolve(
      Response.json(
        {
          code: "rate-limited",
          messages: { zh: "", en: "" },
          audience: "developer",
          retryable: true,
          execution: "none",
          requestId,
        },
        { status: 429, headers: { "retry-after": seconds } },
      ),
    );
  const waiting = (...answers) => {
    let asked = 0;
    const fetch = () => answers[Math.min(asked++, answers.length - 1)]();
    const client = new GatewayClient({
      url: "https://verify.example.com",
      token: TOKEN,
      fetch,
      maxAttempts: 1,
    });
    return [client.waitForResult(outerOrderNo, { deadlineMs: 20_000 }), () => asked];
  };
  const [far, farAsked] = waiting(throttled("60"));
  const over = errorOf(far);
  await new Promise(setImmediate);
  t.mock.timers.tick(18_999);
  await new Promise(setImmediate);
  assert.equal(farAsked(), 1);
  t.mock.timers.tick(1);
  assert.equal((await over).code, "rate-limited");
  assert.equal(farAsked(), 2);

  const passed = () => Promise.resolve(Response.json({ ...body, status: "passed" }));
  const [late] = waiting(throttled("60"), passed);
  await new Promise(setImmediate);
  t.mock.timers.tick(19_000);
  assert.equal((await late).status, "passed");
  const [near, nearAsked] = waiting(throttled("15"), passed);
  await new Promise(setImmediate);
  t.mock.timers.tick(14_999);
  await new Promise(setImmediate);
  assert.equal(nearAsked(), 1);
  t.mock.timers.tick(1);
  assert.equal((await near).status, "passed");
});

test("a system clock that is set back prolongs no wait", async (t) => {
  const setBack = stopClocks(t.mock);
  let asked = 0;
  const fetch = async () => (asked++, Response.json({ ...body, status: "pending" }));
  const client = new GatewayClient({ url: "https://verify.example.com", token: TOKEN, fetch });
  const onPending = () => {
    t.mock.timers.tick(10_000);
    setBack(60_000);
  };
  const { status } = await client.waitForResult(outerOrderNo, { deadlineMs: 10_000, onPending });
  assert.deepEqual([status, asked], ["pending", 1]);
});

test("an option of a wrong type is refused before a request is sent", async () => {
  const fetch = () => assert.fail("sent");
  const client = new GatewayClient({ url: "https://verify.example.com", token: TOKEN, fetch });
  const wrong = { signal: new AbortController(), onPending: "x", deadlineMs: -1 };
  for (const [name, value] of Object.entries(wrong)) {
    const expected = { kind: "validation", execution: "none", message: new RegExp(`^${name} must be `) };
    await assert.rejects(client.waitForResult(outerOrderNo, { [name]: value }), expected);
    if (name === "signal") await assert.rejects(client.read(outerOrderNo, { signal: value }), expected);
  }
});

test("a hook that hangs or throws does not hold a wait", async (t) => {
  stopClocks(t.mock);
  const fetch = async () => Response.json({ ...body, status: "pending" });
  const client = new GatewayClient({ url: "https://verify.example.com", token: TOKEN, fetch });
  const never = () => new Promise(() => {});
  const waiting = (onPending, options) =>
    client.waitForResult(outerOrderNo, { deadlineMs: 10_000, onPending, ...options });
  const hanging = () => (setImmediate(() => t.mock.timers.tick(10_000)), never());
  assert.equal((await waiting(hanging)).status, "pending");
  const controller = new AbortController();
  const aborting = () => (controller.abort(), never());
  assert.equal((await errorOf(waiting(aborting, { signal: controller.signal }))).code, "Aborted");
  // Even an error that looks like a temporary failure.
  const retryable = await errorOf(
    clientOf(
      { endpoint: "https://verify.example.com" },
      {
        fetch: () => Promise.reject(new TypeError("fetch failed")),
        maxAttempts: 1,
      },
    ).read(outerOrderNo),
  );
  assert.ok(retryable.retryable);
  await assert.rejects(
    waiting(() => Promise.reject(retryable)),
    (error) => error === retryable,
  );
});

test("waiting for a gateway that hangs ends at the deadline", async () => {
  await using server = await faultServer(hang);
  const error = await errorOf(clientOf(server).waitForResult(outerOrderNo, { deadlineMs: 300 }));
  assert.equal(error.code, "Timeout");
});

test("waiting ends with a refusal that cannot change", async () => {
  await using server = await faultServer(found("pending"), refusal(404, "unknown-order"));
  assert.equal((await errorOf(clientOf(server).waitForResult(outerOrderNo))).code, "unknown-order");
});

test("a verdict counts only for the order that was asked for", async () => {
  await using server = await faultServer(found("passed", { outerOrderNo: "f".repeat(32) }));
  const error = await errorOf(clientOf(server, { maxAttempts: 1 }).read(outerOrderNo));
  assert.equal(error.code, "NotTheGateway");
  await using other = await faultServer(found("PASSED"));
  assert.equal((await errorOf(clientOf(other, { maxAttempts: 1 }).read(outerOrderNo))).code, "NotTheGateway");
});

test("a photo", async () => {
  const bytes = Buffer.alloc(2_000_000, 1);
  await using server = await faultServer((_, response) =>
    response.writeHead(200, { "content-type": "image/jpeg" }).end(bytes),
  );
  const photo = await clientOf(server).readPhoto(outerOrderNo);
  assert.equal(photo.contentType, "image/jpeg");
  assert.ok(bytes.equals(photo.bytes));
  assert.equal(server.requests[0].url, `/v1/face-verifications/${outerOrderNo}/photo`);
});

test("the fetch of the moment is used, or the one that was passed", async () => {
  const client = new GatewayClient({ url: "https://verify.example.com", token: TOKEN });
  const { fetch } = globalThis;
  try {
    globalThis.fetch = async () => Response.json({ ...body, status: "rejected" });
    assert.equal((await client.read(outerOrderNo)).status, "rejected");
  } finally {
    globalThis.fetch = fetch;
  }
  const passed = new GatewayClient({
    url: "https://verify.example.com",
    token: TOKEN,
    fetch: async () => "no response",
  });
  const error = await errorOf(passed.read(outerOrderNo));
  assert.deepEqual([error.kind, error.code], ["validation", "InvalidFetch"]);
});
