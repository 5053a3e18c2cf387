/**
 * Personal data and secrets are planted in requests, and failures of every kind echo them in every form: none of
 * them may reach an error, a hook, the console or a URL. `SEED` replays a run.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import * as client from "cloudauth-edge";
import { FaceVerifyClient } from "cloudauth-edge";
import { GatewayClient } from "cloudauth-edge/gateway-client";
import * as identity from "cloudauth-edge/identity";
import { createSandbox } from "cloudauth-edge/sandbox";
import { createFaceVerifyError, createTestClient } from "cloudauth-edge/testing";
import { withBytes } from "../../pkg/dist/packed.js";
import { faultServer } from "../support/fault-server.mjs";

const FAILURES = 100_000;
const SERVED_FAILURES = 5_000;
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
let state = seed;
/** A linear congruential generator, which is sufficient for choosing variants. */
const below = (limit) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % limit;
const pick = (list) => list[below(list.length)];

const keys = {
  accessKeyId: "testid",
  accessKeySecret: "planted-secret-9aX",
  securityToken: "planted-token-7bY",
};
const order = {
  sceneId: 1000000006,
  outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888",
  userId: "planted-user-3cZ",
  metaInfo: '{"apdidToken":"planted-device-1dW","deviceType":"ios"}',
  certName: "张三",
  certNo: "440524188001010014",
  mobile: "13000000000",
  ip: "2001:db8::feed",
};

const planted = [
  keys.accessKeySecret,
  keys.securityToken,
  order.userId,
  "planted-device-1dW",
  order.certName,
  order.certNo,
  order.mobile,
  order.ip,
];
const escaped = (text) => text.replace(/[^]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
const forms = planted.flatMap((text) => [
  text,
  encodeURIComponent(text),
  encodeURIComponent(encodeURIComponent(text)),
  Buffer.from(text).toString("base64"),
  Buffer.from(text).toString("base64url"),
  escaped(text),
]);
const canaries = [...new Set(forms)];

const codes = [
  "401",
  "500",
  "SignatureDoesNotMatch",
  "InvalidTimeStamp.Expired",
  "Throttling.User",
  "Forbidden.RAM",
];
const lossCodes = ["ECONNRESET", "ECONNREFUSED"];
const statuses = [200, 302, 400, 403, 404, 429, 500, 502, 503];

/** A response or a failure with planted text wherever text is possible. */
function misfortune(url, body) {
  const echo = () => pick([...forms, body, url]);
  const member = () => pick([pick(codes), echo(), 42, null, { [echo()]: echo() }, [echo()]]);
  const message = pick([
    echo(),
    `Specified signature is not matched with our calculation. server string to sign is:POST&%2F&${encodeURIComponent(body)}`,
    `server string to sign is:${echo()}`,
  ]);
  const result = { Passed: pick(["T", "F", echo()]), SubCode: echo(), MaterialInfo: echo() };
  return pick([
    () => ({
      lost: { message: `fetch failed ${url} ${body}`, cause: echo(), code: pick([...lossCodes, echo()]) },
    }),
    () => ({ status: 502, text: `<html>${echo()}</html>` }),
    () => ({
      status: 400,
      text: `<Error><Code>${echo()}</Code><Message>${message}</Message><RequestId>${echo()}</RequestId></Error>`,
    }),
    () => ({
      status: pick(statuses),
      text: JSON.stringify({ Code: member(), Message: message, RequestId: member() }),
    }),
    () => ({
      status: 200,
      text: JSON.stringify({
        Code: "200",
        Message: message,
        RequestId: echo(),
        ResultObject: pick([result, echo(), null, {}]),
      }),
    }),
    () => ({
      status: pick(statuses),
      text: JSON.stringify({ Code: pick(codes), RequestId: echo() }),
      headers: {
        "x-acs-request-id": encodeURIComponent(echo()),
        "retry-after": "0",
        date: encodeURIComponent(echo()),
      },
    }),
  ])();
}

/** Delivers it like `fetch`. */
function fetched({ lost, status, text, headers }) {
  if (!lost) return new Response(text, { status, headers });
  throw Object.assign(new TypeError(lost.message), {
    cause: Object.assign(new Error(lost.cause), { code: lost.code }),
  });
}

/** Delivers it like a server. */
function served({ lost, status, text, headers }, response) {
  if (lost) response.socket.resetAndDestroy();
  else response.writeHead(status, headers).end(text);
}

async function showNothing(count, options, seen) {
  const written = [];
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write;
    stream.write = (...args) => (written.push(String(args[0])), write.apply(stream, args));
  }
  const client = new FaceVerifyClient({
    ...keys,
    maxAttempts: 1,
    onAttempt: (report) => seen.push(report),
    ...options,
  });
  let failures = 0;
  for (let i = 0; failures < count; i++) {
    assert.ok(i < count * 3, "too few failures");
    seen.length = 0;
    try {
      await client.initFaceVerify(order);
    } catch (error) {
      failures++;
      seen.push(error, String(error.stack), JSON.stringify(error));
    }
    const shown = inspect(seen, { depth: 9, maxStringLength: null }) + written.splice(0).join("");
    const leaked = canaries.find((canary) => shown.includes(canary));
    assert.equal(leaked, undefined, shown);
  }
}

test(`${FAILURES} failures show nothing that was planted (seed ${seed})`, async () => {
  const seen = [];
  const fetch = async (url, { body }) => (seen.push(url), fetched(misfortune(url, body)));
  await showNothing(FAILURES, { fetch }, seen);
});

test(`nor do ${SERVED_FAILURES} over Node's own HTTP (seed ${seed})`, async () => {
  const seen = [];
  await using server = await faultServer((request, response) => {
    seen.push(request.url);
    served(misfortune(request.url, String(request.form)), response);
  });
  await showNothing(SERVED_FAILURES, { endpoint: server.endpoint }, seen);
});

/** Values that are not what a function expects; the function may report them, but not show them. */
const misused = () => {
  const json = JSON.stringify({ ...keys, ...order });
  const own = new Error("of the program");
  const throws = () => {
    throw own;
  };
  const values = {
    null: null,
    undefined: undefined,
    text: json,
    "boxed text": new String(json),
    number: Number("440524188001010014"),
    bigint: 440524188001010014n,
    symbol: Symbol(json),
    array: [json, keys, Symbol(json), Object.create(null)],
    function: Object.assign(async () => keys, { json }),
    proxy: new Proxy({ ...keys, ...order }, {}),
    "object without a prototype": Object.assign(Object.create(null), order),
    "members of every type": Object.fromEntries(
      ["userId", "certName", "sceneId", "endpoint", "outerOrderNo", "callbackToken", "token", "status"].map(
        (name, at) => [
          name,
          [10n, Symbol(json), [Object.create(null)], [Symbol(json)], throws, order][at % 6],
        ],
      ),
    ),
    "throwing getter": Object.defineProperties(
      {},
      Object.fromEntries(
        ["accessKeyId", "url", "name", "userId"].map((name) => [name, { get: throws, enumerable: true }]),
      ),
    ),
    "throwing conversion": { toString: throws, valueOf: throws, [json]: json },
  };
  return { own, values: Object.entries(values) };
};

test("a misused function shows nothing of its arguments, and says what is wrong", async () => {
  const fetch = async () => new Response("{}", { status: 500 });
  const direct = new FaceVerifyClient({ ...keys, fetch, maxAttempts: 1 });
  const gateway = new GatewayClient({ url: "https://gateway.example", token: "t", fetch, maxAttempts: 1 });
  const sandbox = createSandbox();
  const certifyId = "91707dc296d469ad38e4c5efa6a0f24b";
  const functions = {
    "new FaceVerifyClient": (value) => new FaceVerifyClient(value),
    credentials: (value) => new FaceVerifyClient({ credentials: value }),
    endpoint: (value) => new FaceVerifyClient({ ...keys, endpoint: value }),
    orders: (value) => new FaceVerifyClient({ ...keys, orders: value }),
    initFaceVerify: (value) => direct.initFaceVerify(value),
    "options of initFaceVerify": (value) => direct.initFaceVerify(order, value),
    describeFaceVerify: (value) => direct.describeFaceVerify(value),
    waitForResult: (value) => direct.waitForResult(value, { deadlineMs: 0 }),
    "options of waitForResult": (value) =>
      direct.waitForResult({ sceneId: 1, certifyId }, value ?? { deadlineMs: 0 }),
    credentialsFromEnvironment: (value) => void client.credentialsFromEnvironment(value),
    isFaceVerifyError: client.isFaceVerifyError,
    newOuterOrderNo: client.newOuterOrderNo,
    parseCallback: (value) => client.parseCallback(value, "token"),
    "token of parseCallback": (value) => client.parseCallback(`/?certifyId=${certifyId}`, value),
    "new GatewayClient": (value) => new GatewayClient(value),
    start: (value) => gateway.start(value),
    "member of start": (value) => gateway.start({ ...order, userId: value }),
    "options of start": (value) => gateway.start(order, value),
    read: (value) => gateway.read(value),
    list: (value) => gateway.list(value),
    "search of list": (value) => gateway.list({ search: value }),
    count: (value) => gateway.count(value),
    readPhoto: (value) => gateway.readPhoto(value),
    checkCertNo: (value) => void identity.checkCertNo(value),
    "options of checkCertNo": (value) => void identity.checkCertNo(order.certNo, value),
    "option of checkCertNo": (value) => void identity.checkCertNo("", { allowResidencePermits: value }),
    checkCertName: (value) => void identity.checkCertName(value),
    "options of checkCertName": (value) => void identity.checkCertName("", value),
    checkMobile: (value) => void identity.checkMobile(value),
    createSandbox: (value) => createSandbox(value).close(),
    listen: async (value) => (await sandbox.listen(value)).close(),
    verifications: (value) => sandbox.verifications(value),
    verification: (value) => sandbox.verification(value),
    submit: (value) => sandbox.submit(value),
    advanceClock: (value) => sandbox.advanceClock(value),
    createTestClient: async (value) => (await createTestClient(value)).close(),
    "client of createTestClient": async (value) => (await createTestClient({ client: value })).close(),
    createFaceVerifyError: (value) => void createFaceVerifyError(value),
  };
  const wrong = [];
  const { own, values } = misused();
  for (const [name, call] of Object.entries(functions)) {
    for (const [kind, value] of values) {
      const given = `${name} with ${kind}`;
      try {
        await call(value);
      } catch (error) {
        // An exception of the program's own is the program's.
        if (error === own) continue;
        const shown = inspect(error, { depth: 9, maxStringLength: null }) + error.stack;
        const leaked = canaries.find((canary) => shown.includes(canary));
        if (leaked) wrong.push(`${given} shows ${shown}`);
        // The engine's own errors are in English alone.
        if (!/[\u4e00-\u9fff]/.test(JSON.stringify(error.messages ?? error.message)))
          wrong.push(`${given}: ${error}`);
      }
    }
  }
  await sandbox.close();
  assert.deepEqual(wrong, []);
});

test("options that are not an object are refused, and no credentials are read from the environment", () => {
  const environment = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: "testid",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "testsecret",
  };
  Object.assign(process.env, environment);
  try {
    for (const options of [JSON.stringify(keys), async () => keys, [keys], [], 1, 1n, true, Symbol("s")])
      assert.throws(
        () => new FaceVerifyClient(options),
        ({ kind, code, fields }) =>
          kind === "validation" && code === "InvalidOptions" && fields[0].rule === "type",
        typeof options,
      );
    for (const options of [undefined, null, {}]) new FaceVerifyClient(options);
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
  }
});

test("no bytes of a call stay behind, however many there are", () => {
  const given = [];
  const keep = (bytes) => (given.push(bytes), bytes.length);
  // The third fits in characters but not in bytes, the others in neither, the last not even at the second
  // attempt.
  for (const text of ["planted", "张三", "张".repeat(5_000), "x".repeat(100_000), "张".repeat(50_000)]) {
    assert.equal(withBytes(["1", text], keep), 4 + 1 + 4 + Buffer.byteLength(text));
  }
  for (const { buffer } of given) assert.ok(new Uint8Array(buffer).every((byte) => byte === 0));
});
