import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test as testOnce } from "node:test";
import { inspect } from "node:util";
import {
  FaceVerifyClient,
  FaceVerifyError,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
  parseCallback,
} from "cloudauth-edge";
import { stopClocks } from "../support/clocks.mjs";
import {
  certifyId,
  clockOff,
  endless,
  faultServer,
  halfJson,
  hang,
  hangInBody,
  json,
  pending,
  reset,
  started,
  text,
} from "../support/fault-server.mjs";
import { fetchClient } from "../support/fetch-client.mjs";

const order = {
  sceneId: 1000000006,
  outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888",
  userId: "123456789",
  metaInfo: '{"zimVer":"3.0.0","appVersion": "1","deviceType": "ios"}',
  certName: "张三",
  certNo: "11010519491231002X",
};
const query = { sceneId: 1000000006, certifyId };
const secret = "testsecret-planted";

/** Node's own transport, and the one of all other runtimes. */
const transports = { "node:http": {}, fetch: { fetch: globalThis.fetch } };
let transport = {};

/** Runs a test once with each transport. */
function test(name, work) {
  for (const [how, options] of Object.entries(transports)) {
    testOnce(`${name} (${how})`, (context) => {
      transport = options;
      return work(context);
    });
  }
}

function client(endpoint, options = {}) {
  return new FaceVerifyClient({
    accessKeyId: "testid",
    accessKeySecret: secret,
    endpoint,
    timeoutMs: 2000,
    ...transport,
    ...options,
  });
}

/** The error with which a call ends; asserts that it contains nothing it must not. */
async function failure(call) {
  const error = await call.then(
    (value) => assert.fail(`no error but ${inspect(value)}`),
    (error) => error,
  );
  assert.ok(isFaceVerifyError(error), inspect(error));
  const shown = [inspect(error, { depth: 9 }), JSON.stringify(error), String(error.stack)].join("\n");
  for (const planted of [secret, "张三", "%E5%BC%A0", "11010519491231002X", "zimVer", "Signature="]) {
    assert.ok(!shown.includes(planted), `${planted} in ${shown}`);
  }
  return error;
}

test("starts a verification with one request whose URL holds nothing", async () => {
  await using server = await faultServer(started);
  const attempts = [];
  const result = await client(server.endpoint, {
    onAttempt: (report) => attempts.push(report),
  }).initFaceVerify(order);
  assert.equal(result.certifyId, certifyId);
  assert.equal(result.requestId, "130A2C10-B9EE-4D84-88E3-5384FF039795");
  assert.deepEqual([result.code, result.message, result.certifyUrl], ["200", "success", null]);
  const [request] = server.requests;
  assert.equal(server.requests.length, 1);
  assert.deepEqual([request.method, request.url], ["POST", "/"]);
  assert.equal(request.form.get("CertName"), "张三");
  assert.equal(request.form.get("MetaInfo"), order.metaInfo);
  assert.equal(attempts.length, 1);
  assert.deepEqual(
    [attempts[0].action, attempts[0].attempt, attempts[0].httpStatus],
    ["InitFaceVerify", 1, 200],
  );
});

test("a start reports what was changed in its parameters, and warnings, without the values", async () => {
  await using server = await faultServer(started);
  const face = client(server.endpoint);
  const { notices } = await face.initFaceVerify({
    ...order,
    userId: "123456789",
    certName: "阿卜杜拉.买买提\uE863",
    certNo: "11010519491231002x",
    mobile: "+86 13800138000",
  });
  assert.deepEqual(
    notices.map(({ field, rule }) => [field, rule]),
    [
      ["certName", "separator-folded"],
      ["certName", "private-use"],
      ["certNo", "upper-case-x"],
      ["mobile", "country-code-dropped"],
    ],
  );
  for (const { message } of notices) assert.ok(message.zh && message.en);
  const shown = JSON.stringify(notices);
  for (const value of ["阿卜杜拉", "110105", "138001"]) assert.ok(!shown.includes(value), shown);
  assert.deepEqual((await face.initFaceVerify({ ...order, userId: "123456789" })).notices, []);
});

test("a name in Latin letters is accepted with the number of a foreign permanent resident card", async () => {
  await using server = await faultServer(started);
  const face = client(server.endpoint, { allowResidencePermits: true });
  // Country 000 does not exist, so nobody has this number.
  const parameters = { ...order, certName: "JOHN SMITH", certNo: "911000194912310022" };
  await face.initFaceVerify(parameters);
  assert.equal(server.requests[0].form.get("CertName"), "JOHN SMITH");
  const refused = await failure(face.initFaceVerify({ ...parameters, certNo: order.certNo }));
  assert.deepEqual([refused.fields[0].rule, refused.audience], ["latin-letter", "user"]);
});

test("a missing value is null, in results, reports and errors", async () => {
  await using server = await faultServer(
    json({ Code: "200", ResultObject: { CertifyId: certifyId } }),
    json({ Code: "412" }),
    json({ Code: "403" }),
    json({ Code: "200", ResultObject: { Passed: "T" } }),
  );
  const shown = [];
  const face = client(server.endpoint, { onAttempt: (report) => shown.push(report) });
  shown.push(await face.initFaceVerify(order), await failure(face.initFaceVerify(order)));
  shown.push(await face.describeFaceVerify(query), await face.describeFaceVerify(query));
  const refused = await faultServer(started);
  await refused[Symbol.asyncDispose]();
  shown.push(await failure(client(refused.endpoint, { maxAttempts: 1 }).initFaceVerify(order)));
  for (const one of shown) {
    const members = one instanceof Error ? one.toJSON() : one;
    for (const [name, value] of Object.entries(members)) assert.notEqual(value, undefined, name);
  }
  assert.deepEqual([shown[2].message, shown[2].requestId], [null, null]);
  assert.deepEqual([shown[3].requestId, shown[3].cause], [null, undefined]);
  assert.equal(shown.at(-1).httpStatus, null);
});

test("scene ids of 64 bits survive as bigint and string, unsafe numbers are refused", async () => {
  await using server = await faultServer(started);
  for (const sceneId of [9007199254740991, 9223372036854775807n, "9223372036854775807"]) {
    await client(server.endpoint).initFaceVerify({ ...order, sceneId });
    assert.equal(server.requests.at(-1).form.get("SceneId"), String(sceneId));
  }
  for (const sceneId of [
    2 ** 60,
    1.5,
    NaN,
    Infinity,
    2n ** 63n,
    2n ** 80n,
    -1,
    {},
    [],
    true,
    "",
    Symbol("s"),
  ]) {
    const error = await failure(client(server.endpoint).initFaceVerify({ ...order, sceneId }));
    assert.deepEqual([error.kind, error.fields[0].field], ["validation", "sceneId"]);
  }
  assert.equal(server.requests.length, 3);
});

test("a query distinguishes pending, passed and rejected", async () => {
  const verdict = (Passed, SubCode) =>
    json({ Code: "200", RequestId: "R", ResultObject: { Passed, SubCode } });
  await using server = await faultServer(
    pending,
    json({ Code: "403", RequestId: "R" }),
    verdict("T", "200"),
    verdict("F", "205"),
    verdict("T", "205"),
  );
  const face = client(server.endpoint);
  assert.equal((await face.describeFaceVerify(query)).status, "pending");
  assert.equal((await face.describeFaceVerify(query)).status, "pending");
  assert.equal((await face.describeFaceVerify(query)).status, "passed");
  const rejected = await face.describeFaceVerify(query);
  assert.equal(rejected.status, "rejected");
  assert.equal(rejected.subCodeInfo.billed, true);
  assert.equal((await failure(face.describeFaceVerify(query))).code, "ContradictoryVerdict");
});

// The fault, the kind and code of the error, and the number of requests of each action.
const faults = [
  ["hang before headers", hang, "timeout", "Timeout", 1, 2],
  ["hang in the body", hangInBody, "timeout", "Timeout", 1, 2],
  ["reset", reset, "transport", "ConnectionFailed", 1, 2],
  ["half a JSON", halfJson, "protocol", "BodyNotJson", 1, 2],
  ["HTML error page", text("<html>502 Bad Gateway</html>", 502), "protocol", "BodyNotJson", 1, 2],
  [
    "XML error",
    text("<Error><RequestId>X</RequestId><Code>InvalidAccessKeyId.NotFound</Code></Error>", 404, "text/xml"),
    "credentials",
    "InvalidAccessKeyId.NotFound",
    1,
    1,
  ],
  ["400 throttling", json({ Code: "Throttling", Message: "m" }, 400), "throttled", "Throttling", 2, 2],
  [
    "429 throttling",
    json({ Code: "Throttling.User", Message: "m" }, 429),
    "throttled",
    "Throttling.User",
    2,
    2,
  ],
  ["503", json({ Code: "ServiceUnavailable", Message: "m" }, 503), "vendor", "ServiceUnavailable", 1, 2],
  ["Code 500", json({ Code: "500", Message: "m" }), "vendor", "500", 1, 2],
  ["Code 401", json({ Code: "401", Message: "m" }), "vendor", "401", 1, 1],
  [
    "reused nonce",
    json({ Code: "SignatureNonceUsed", Message: "m" }, 400),
    "signature",
    "SignatureNonceUsed",
    1,
    2,
  ],
  ["100 MB body", endless, "protocol", "AnswerTooLarge", 1, 1],
  ["empty body", text(""), "protocol", "EmptyBody", 1, 2],
  [
    "redirect",
    (_, response) => response.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
    "protocol",
    "EmptyBody",
    1,
    1,
  ],
];

for (const [name, answer, kind, code, initRequests, describeRequests] of faults) {
  test(`fault: ${name}`, async () => {
    for (const [action, parameters, expected] of [
      ["initFaceVerify", order, initRequests],
      ["describeFaceVerify", query, describeRequests],
    ]) {
      await using server = await faultServer(answer);
      const face = client(server.endpoint, {
        timeoutMs: kind === "timeout" ? 2_000 : 60_000,
        maxAttempts: 2,
      });
      const error = await failure(face[action](parameters));
      assert.deepEqual([error.kind, error.code, server.requests.length], [kind, code, expected], action);
      const nonces = new Set(server.requests.map(({ form }) => form.get("SignatureNonce")));
      assert.equal(nonces.size, server.requests.length, "each attempt has its own nonce");
    }
  });
}

test("a refused connection: even a start is tried again, at the next endpoint", async () => {
  await using server = await faultServer(started);
  const closed = await faultServer(started);
  await closed[Symbol.asyncDispose]();
  // A fetch that is passed proves nothing.
  const Client = transport.fetch ? await fetchClient() : FaceVerifyClient;
  const endpoint = [closed.endpoint, server.endpoint];
  const face = new Client({ accessKeyId: "testid", accessKeySecret: secret, endpoint });
  assert.equal((await face.initFaceVerify(order)).certifyId, certifyId);
});

test("a clock off by 14 minutes works, by 24 hours after one correction", async () => {
  for (const [minutes, requests] of [
    [14, 1],
    [-14, 1],
    [24 * 60, 2],
    [-24 * 60, 2],
  ]) {
    await using server = await faultServer(clockOff(minutes * 60_000, started));
    const face = client(server.endpoint);
    await face.initFaceVerify(order);
    assert.equal(server.requests.length, requests);
    await face.initFaceVerify(order);
    assert.equal(server.requests.length, requests + 1, "what was learned is kept");
  }
});

test("an expired token is fetched again, once for all waiting calls", async () => {
  await using server = await faultServer((request, response) =>
    request.form.get("SecurityToken") === "token-1"
      ? json({ Code: "InvalidSecurityToken.Expired", Message: "m" }, 400)(request, response)
      : started(request, response),
  );
  let fetched = 0;
  const face = new FaceVerifyClient({
    endpoint: server.endpoint,
    ...transport,
    credentials: async () => ({
      accessKeyId: "testid",
      accessKeySecret: secret,
      securityToken: `token-${++fetched}`,
    }),
  });
  const results = await Promise.all(Array.from({ length: 10 }, () => face.initFaceVerify(order)));
  assert.equal(results.length, 10);
  assert.equal(fetched, 2);
});

test("the caller's signal wins at once, before, during and between attempts", async () => {
  const during = new AbortController();
  await using server = await faultServer(() => during.abort());
  const face = client(server.endpoint, { timeoutMs: 60_000 });
  assert.equal(
    (await failure(face.describeFaceVerify(query, { signal: AbortSignal.abort() }))).kind,
    "aborted",
  );
  assert.equal((await failure(face.describeFaceVerify(query, { signal: during.signal }))).kind, "aborted");
  assert.equal(server.requests.length, 1);
  await using throttling = await faultServer(
    json({ Code: "Throttling" }, 429, { "x-acs-retry-after": "20000" }),
  );
  const between = new AbortController();
  const throttled = client(throttling.endpoint, { onAttempt: () => between.abort() });
  const waiting = throttled.describeFaceVerify(query, { signal: between.signal });
  assert.equal((await failure(waiting)).kind, "aborted");
  assert.equal(throttling.requests.length, 1);
});

test("parameters of every wrong shape are one validation error each, and nothing is sent", async () => {
  await using server = await faultServer(started);
  const face = client(server.endpoint);
  const shapes = [undefined, null, 42, "张三", [], () => 1, new Map(), Object.create(null), { certNo: {} }];
  for (const shape of shapes) assert.equal((await failure(face.initFaceVerify(shape))).kind, "validation");
  const huge = await failure(face.initFaceVerify({ ...order, userId: "张".repeat(10_000_000) }));
  assert.deepEqual([huge.kind, huge.fields[0].field], ["validation", "userId"]);
  const lone = await failure(face.initFaceVerify({ ...order, userId: "\uD800" }));
  assert.equal(lone.fields[0].rule, "text");
  const half = await failure(face.initFaceVerify({ ...order, metaInfo: '{"deviceModel":"\udc00"}' }));
  assert.deepEqual([half.fields[0].field, half.fields[0].rule], ["metaInfo", "text"]);
  assert.equal(server.requests.length, 0);
  assert.equal((await face.initFaceVerify(order)).certifyId, certifyId);
});

testOnce("wrong options are refused by name and never by value", () => {
  const refused = (options) => {
    try {
      new FaceVerifyClient(options);
    } catch (error) {
      assert.ok(error instanceof FaceVerifyError);
      assert.ok(!inspect(error, { depth: 9 }).includes(secret));
      return error.fields.map(({ field, rule }) => `${field} ${rule}`);
    }
    return [];
  };
  const keys = { accessKeyId: "testid", accessKeySecret: secret };
  assert.deepEqual(refused(keys), []);
  assert.deepEqual(refused(), ["accessKeyId missing", "accessKeySecret missing"]);
  assert.deepEqual(refused({ ...keys, accessKeySecret: `${secret}\n` }), [
    "accessKeySecret stray-white-space",
  ]);
  assert.deepEqual(refused({ ...keys, accessKeySecret: 42 }), ["accessKeySecret type"]);
  assert.deepEqual(refused({ ...keys, timeout: 5 }), ["timeout unknown-option"]);
  assert.deepEqual(refused({ ...keys, timeoutMs: "5" }), ["timeoutMs range"]);
  assert.deepEqual(refused({ ...keys, endpoint: "http://cloudauth.aliyuncs.com" }), ["endpoint needs-https"]);
  assert.deepEqual(refused({ accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" }), [
    "accessKeyId sandbox-key",
  ]);
});

testOnce(
  "what the constructor refuses is of the client, names the variable and the option that was meant",
  () => {
    const message = (options) => {
      try {
        new FaceVerifyClient(options);
      } catch (error) {
        return error.message;
      }
      return assert.fail("no error");
    };
    const missing = message({ credentials: credentialsFromEnvironment({}) });
    assert.match(missing, /accessKeyId .* ALIBABA_CLOUD_ACCESS_KEY_ID\b/);
    assert.match(missing, /accessKeySecret .* ALIBABA_CLOUD_ACCESS_KEY_SECRET\b/);
    assert.doesNotMatch(missing, /request|sent/);
    const keys = { accessKeyId: "testid", accessKeySecret: secret };
    assert.match(message({ ...keys, timeout: 5 }), /timeout .* did you mean timeoutMs\?/);
    const types = readFileSync(new URL("../../pkg/src/types.ts", import.meta.url), "utf8");
    const [options] = types.match(/interface CommonOptions \{.*?^\}/ms);
    const names = [...options.matchAll(/^  (\w+)\?: /gm)].map(([, name]) => name);
    assert.ok(names.includes("orders"));
    for (const name of names)
      assert.match(message({ ...keys, [`${name}x`]: 1 }), new RegExp(`did you mean ${name}\\?`));
    assert.match(message({ ...keys, [secret]: secret }), /is not a known option/);
    assert.ok(!message({ ...keys, [secret]: secret }).includes(secret));
  },
);

testOnce("plain HTTP to another host is for the sandbox's keys alone", async () => {
  const endpoint = "http://host.docker.internal:8788";
  const asked = [];
  const fetch = async (url) => (
    asked.push(url),
    Response.json({ Code: "200", ResultObject: { CertifyId: "x" } })
  );
  const demo = { accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" };
  const real = { accessKeyId: "testid", accessKeySecret: secret };
  await new FaceVerifyClient({ ...demo, endpoint, fetch }).initFaceVerify(order);
  await new FaceVerifyClient({ credentials: () => demo, endpoint, fetch }).initFaceVerify(order);
  assert.deepEqual(asked, [`${endpoint}/`, `${endpoint}/`]);
  assert.throws(() => new FaceVerifyClient({ ...real, endpoint, fetch }), /endpoint must be https/);
  const error = await failure(
    new FaceVerifyClient({ credentials: () => real, endpoint, fetch }).initFaceVerify(order),
  );
  assert.deepEqual([error.kind, error.fields[0].rule], ["validation", "needs-https"]);
  assert.equal(asked.length, 2);
});

testOnce(
  "without any credentials, those of the environment are used, and missing ones named",
  async (context) => {
    const names = ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"];
    const before = names.map((name) => process.env[name]);
    context.after(() =>
      names.forEach((name, at) => {
        if (before[at] === undefined) delete process.env[name];
        else process.env[name] = before[at];
      }),
    );
    for (const name of names) delete process.env[name];
    assert.throws(() => new FaceVerifyClient(), /ALIBABA_CLOUD_ACCESS_KEY_ID/);
    process.env.ALIBABA_CLOUD_ACCESS_KEY_ID = "sandbox-key-id";
    process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET = "sandbox-key-secret";
    await using server = await faultServer(started);
    const face = new FaceVerifyClient({ endpoint: server.endpoint });
    await face.initFaceVerify(order);
    assert.equal(server.requests[0].form.get("AccessKeyId"), "sandbox-key-id");
    // Given, even though without a value: the key in the environment may belong to another account.
    for (const options of [
      { accessKeyId: undefined, accessKeySecret: undefined },
      { credentials: undefined },
      { expiration: undefined },
    ])
      assert.throws(() => new FaceVerifyClient({ ...options, endpoint: server.endpoint }), /is missing/);
  },
);

test("credentials in two forms are refused", () => {
  const keys = { accessKeyId: "testid", accessKeySecret: secret };
  for (const other of [keys, { expiration: Date.now() }, { securityToken: "t" }])
    assert.throws(
      () => new FaceVerifyClient({ credentials: async () => keys, ...other }),
      ({ code, fields: [{ field, rule }] }) => {
        assert.deepEqual([code, field, rule], ["InvalidOptions", "credentials", "conflict"]);
        return true;
      },
    );
});

test("an error shows what is useful, once", async () => {
  await using server = await faultServer(
    json({ Code: "412", RequestId: "130A2C10-B9EE-4D84-88E3-5384FF039795" }),
  );
  const vendor = await failure(client(server.endpoint).initFaceVerify(order));
  assert.equal(vendor.constructor.name, "FaceVerifyError");
  const plain = JSON.parse(JSON.stringify(vendor));
  assert.deepEqual(Object.keys(plain).sort(), [
    "audience",
    "cause",
    "certifyId",
    "code",
    "execution",
    "fields",
    "httpStatus",
    "kind",
    "message",
    "messages",
    "name",
    "requestId",
    "retryable",
  ]);
  const shown = inspect(vendor);
  assert.match(shown, /^FaceVerifyError: Face verification or OSS has an overdue payment/);
  for (const part of ["kind: 'vendor'", "code: '412'", "audience: 'operator'", "requestId: '130A2C10-"])
    assert.equal(shown.split(part).length, 2, `${part} in ${shown}`);
  for (const noise of ["undefined", "null", "fields", "欠费"]) assert.ok(!shown.includes(noise), shown);
  assert.match(vendor.stack, /^FaceVerifyError: /);
  const closed = await faultServer(started);
  await closed[Symbol.asyncDispose]();
  const error = await failure(client(closed.endpoint, { maxAttempts: 1 }).initFaceVerify(order));
  assert.match(inspect(error), /ECONNREFUSED/);
  assert.match(JSON.stringify(error), /"cause":\{"name":"[A-Za-z]+"/);
});

test("messages come in the language asked for, both stay at hand", async () => {
  await using server = await faultServer(json({ Code: "412" }));
  const zh = await failure(client(server.endpoint, { language: "zh" }).initFaceVerify(order));
  const en = await failure(client(server.endpoint).initFaceVerify(order));
  assert.equal(zh.message, en.messages.zh);
  assert.equal(en.message, zh.messages.en);
  assert.match(zh.message, /欠费/);
  assert.equal(en.audience, "operator");
});

test("a hook that throws loses no CertifyId", async () => {
  await using server = await faultServer(started);
  const face = client(server.endpoint, {
    onAttempt() {
      throw new Error("broken hook");
    },
  });
  assert.equal((await face.initFaceVerify(order)).certifyId, certifyId);
});

testOnce("the guard knows errors of another copy", () => {
  assert.ok(isFaceVerifyError({ name: "FaceVerifyError", kind: "timeout", code: "Timeout" }));
  for (const other of [null, undefined, 1, "FaceVerifyError", new Error("x"), {}])
    assert.ok(!isFaceVerifyError(other));
});

testOnce("new order numbers have 32 letters and digits and differ", () => {
  const numbers = new Set(Array.from({ length: 1000 }, () => newOuterOrderNo("bank")));
  assert.equal(numbers.size, 1000);
  for (const number of numbers) assert.match(number, /^bank[0-9]{14}[0-9a-f]{14}$/);
  for (const prefix of ["银行", "a-b", "01234567890"])
    assert.throws(() => newOuterOrderNo(prefix), TypeError);
});

test("ACS3 puts parameters where Alibaba Cloud's metadata has them", async () => {
  await using server = await faultServer(started);
  await client(server.endpoint, { signatureVersion: "ACS3-HMAC-SHA256" }).initFaceVerify({
    ...order,
    model: "LIVENESS",
  });
  const [request] = server.requests;
  assert.match(
    request.headers.authorization,
    /^ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=content-type;host;/,
  );
  assert.equal(new URL(request.url, server.endpoint).searchParams.get("CertName"), "张三");
  assert.deepEqual([...request.form], [["Model", "LIVENESS"]]);
});

test("waits for a result through pending answers and transient failures", async () => {
  const passed = json({ Code: "200", RequestId: "R", ResultObject: { Passed: "T", SubCode: "200" } });
  await using server = await faultServer(pending, json({ Code: "500" }), passed);
  const seen = [];
  const result = await client(server.endpoint, { maxAttempts: 1 }).waitForResult(query, {
    onPending: ({ code }) => seen.push(code),
  });
  assert.equal(result.status, "passed");
  assert.deepEqual(seen, ["424"]);
  assert.equal(server.requests.length, 3);
});

test("at the deadline, waiting returns the latest state", async (context) => {
  // The clocks stand still, so the first query ends before the deadline.
  stopClocks(context.mock);
  await using server = await faultServer(pending);
  const result = await client(server.endpoint).waitForResult(query, { deadlineMs: 1 });
  assert.equal(result.status, "pending");
  await using broken = await faultServer(json({ Code: "500" }));
  const waiting = client(broken.endpoint, { maxAttempts: 1 }).waitForResult(query, { deadlineMs: 1 });
  assert.equal((await failure(waiting)).code, "500");
  await using refusing = await faultServer(json({ Code: "406" }));
  assert.equal((await failure(client(refusing.endpoint).waitForResult(query))).code, "406");
  assert.equal(refusing.requests.length, 1);
});

test("waiting ends at a failure that lasts until the next day", async () => {
  await using server = await faultServer(json({ Code: "418" }));
  const error = await failure(client(server.endpoint).waitForResult(query));
  assert.equal(error.code, "418");
  assert.equal(server.requests.length, 1);
});

testOnce("an option of another type is an error that names it, and nothing is sent", async () => {
  const made = (options) => () =>
    new FaceVerifyClient({ accessKeyId: "a", accessKeySecret: "b", ...options });
  const expected = (field) => (error) => {
    assert.ok(isFaceVerifyError(error), String(error));
    const { kind, code, execution, fields } = error;
    assert.deepEqual([kind, code, execution], ["validation", "InvalidOptions", "none"]);
    assert.deepEqual(
      fields.map(({ field, rule }) => [field, rule]),
      [[field, "type"]],
    );
    return true;
  };
  assert.throws(made({ fetch: "fetch" }), expected("fetch"));
  assert.throws(made({ onAttempt: {} }), expected("onAttempt"));
  assert.throws(made({ language: "de" }), expected("language"));
  assert.throws(() => new FaceVerifyClient({ credentials: "key" }), expected("credentials"));
  const face = client("http://127.0.0.1:9");
  const waits = (options) => face.waitForResult(query, options);
  for (const deadlineMs of [NaN, -1, "1000", {}])
    await assert.rejects(waits({ deadlineMs }), expected("deadlineMs"));
  await assert.rejects(waits({ onPending: 1 }), expected("onPending"));
  const signal = new AbortController();
  for (const call of [
    waits({ signal }),
    face.describeFaceVerify(query, { signal }),
    face.initFaceVerify(order, { signal }),
  ])
    await assert.rejects(call, expected("signal"));
});

testOnce("options that a call does not have are refused before anything is sent", async () => {
  await using server = await faultServer(pending);
  const face = client(server.endpoint, { maxAttempts: 1 });
  const { signal } = new AbortController();
  for (const call of [
    (options) => face.initFaceVerify(order, options),
    (options) => face.describeFaceVerify(query, options),
    (options) => face.waitForResult(query, options),
  ]) {
    const error = await failure(
      call({ timeoutMs: 100, _log: 1, logger2: 1, LTAI5tExample0123456789ab: 1, "a secret": 1 }),
    );
    assert.deepEqual([error.kind, error.code, error.execution], ["validation", "InvalidOptions", "none"]);
    const fields = error.fields.map(({ field, rule }) => [field, rule]);
    assert.deepEqual(fields, [
      ["timeoutMs", "unknown-option"],
      ["_log", "unknown-option"],
      ["logger2", "unknown-option"],
      ["(?)", "unknown-option"],
      ["(?)", "unknown-option"],
    ]);
    assert.match((await failure(call(signal))).message, /\{ signal \}/);
    assert.match((await failure(call(5000))).message, /must be an object/);
  }
  assert.equal(server.requests.length, 0);
  const { status } = await face.describeFaceVerify(query, { signal, timeoutMs: undefined });
  assert.equal(status, "pending");
});

testOnce("an invalid URL is not a callback, and errors do not contain it", () => {
  for (const url of ["http://[::planted", "https://planted:port/?certifyId=a", "//"])
    assert.equal(parseCallback(url, "x"), null);
});

testOnce("a callback is read, and its token checked", () => {
  const url = "https://www.aliyun.com?callbackToken=1000004826&certifyId=shaxxxx&passed=200";
  const expected = { certifyId: "shaxxxx", tokenValid: true, claimsPassed: true, claimedSubCode: "200" };
  assert.deepEqual(parseCallback(url, "1000004826"), expected);
  assert.equal(
    parseCallback("/callback?certifyId=a&passed=T&callbackToken=x", "1000004826").tokenValid,
    false,
  );
  assert.equal(parseCallback("/callback?passed=T", "x"), null);
});
