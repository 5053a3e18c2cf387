/**
 * Personal data and secrets are planted in requests, and failures of every kind echo them in every form: none of
 * them may reach an error, a hook, the console or a URL. `SEED` replays a run.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { FaceVerifyClient } from "cloudauth-edge";
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
