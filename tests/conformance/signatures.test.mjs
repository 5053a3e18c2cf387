/**
 * Random requests, signed by this package through its public API and by Alibaba Cloud's own signers
 * with the same nonce and time. `SEED` replays a run.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { test } from "node:test";
import { FaceVerifyClient } from "cloudauth-edge";

const require = createRequire(import.meta.url);
const { OpenApiUtil } = require("@alicloud/openapi-core");
const httpx = require("httpx");
const { RPCClient } = require("@alicloud/pop-core");

const REQUESTS = 10_000;
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

/** mulberry32: small, and the same on every machine. */
function generator(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = generator(seed);
const below = (limit) => Math.floor(random() * limit);
const pick = (list) => list[below(list.length)];
const times = (count, make) => Array.from({ length: count }, make).join("");
const maybe = (make) => (random() < 0.5 ? make() : undefined);

const alphabets = [
  () => String.fromCodePoint(0x21 + below(0x5e)),
  () => pick([..." !'()*+~%&=/?#@:;,\"\\<>[]{}|^`"]),
  () => String.fromCodePoint(0x4e00 + below(0x5000)),
  () => String.fromCodePoint(0x20000 + below(0xa000)),
  () => pick(["é", "ß", "\u00b7", "😀", "👨‍👩‍👧", "\u0301", "﷽", "\u2028"]),
];
/** Up to `most` characters as users count them, each of which may have seven code points. */
const anyText = (most) => times(1 + below(most), () => pick(alphabets)());
const han = () =>
  pick([() => 0x4e00 + below(0x51f0), () => 0x3400 + below(0x19c0), () => 0x20000 + below(0xa6e0)])();

function parameters() {
  return {
    sceneId: pick([1000000006, 1 + below(2 ** 31), 9223372036854775807n, "42"]),
    outerOrderNo: times(32, () => pick([..."0123456789abcdefXYZ"])),
    metaInfo: JSON.stringify({ [anyText(5)]: anyText(200), nested: { list: [1, 2.5, null, anyText(10)] } }),
    userId: maybe(() => anyText(14)),
    certName: maybe(() => times(1 + below(20), () => String.fromCodePoint(han()))),
    certNo: maybe(() => pick(["11010519491231002X", "440524188001010014"])),
    model: maybe(() => pick(["LIVENESS", "PHOTINUS_LIVENESS", "MULTI_ACTION"])),
    mobile: maybe(() => "13000000000"),
    ip: maybe(() => pick(["192.0.2.1", "2001:db8::1"])),
    callbackUrl: maybe(() => `https://example.com/${encodeURIComponent(anyText(20))}?a=b&c=%20+*~`),
    callbackToken: maybe(() => anyText(36)),
    authId: maybe(() => anyText(9)),
    crop: maybe(() => pick(["T", "F"])),
    faceContrastPicture: maybe(() => Buffer.from(times(below(300), () => "x")).toString("base64") || "eA=="),
  };
}

const printable = () => times(16 + below(24), () => String.fromCodePoint(0x21 + below(0x5e)));

/** The request that this package sends: method, URL, headers and body as they reach fetch. */
async function sent(signatureVersion, keys, request) {
  let captured;
  const client = new FaceVerifyClient({
    ...keys,
    signatureVersion,
    fetch: async (url, init) => {
      captured = { url: new URL(url), headers: Object.fromEntries(init.headers), body: init.body ?? "" };
      return Response.json({ Code: "200", ResultObject: { CertifyId: "x" } });
    },
  });
  await client.initFaceVerify(request);
  return captured;
}

/** The same request as signed by pop-core, which lets its caller set nonce and time. */
async function popCoreSignature(keys, form) {
  let body;
  httpx.request = async (_, { data }) => {
    body = data;
    return { statusCode: 200, headers: {}, req: { getHeaders: () => ({}) } };
  };
  httpx.read = async () => '{"Code":"200"}';
  const client = new RPCClient({
    ...keys,
    endpoint: "https://cloudauth.aliyuncs.com",
    apiVersion: "2019-03-07",
  });
  await client.request("InitFaceVerify", form, { method: "POST" });
  return new URLSearchParams(body).get("Signature");
}

/** No credential begins or ends with a quote, or like a placeholder. */
const secret = () => `A${printable()}z`;

test(`${REQUESTS} random requests have Alibaba Cloud's RPC signatures (seed ${seed})`, async () => {
  let differences = 0;
  for (let i = 0; i < REQUESTS; i++) {
    const keys = { accessKeyId: "testid", accessKeySecret: secret(), securityToken: maybe(secret) };
    const { body } = await sent("1.0", keys, parameters());
    const { Signature, ...form } = Object.fromEntries(new URLSearchParams(body));
    const vendor = [OpenApiUtil.getRPCSignature(form, "POST", keys.accessKeySecret)];
    vendor.push(await popCoreSignature(keys, form));
    if (vendor.some((signature) => signature !== Signature)) differences++;
  }
  assert.equal(differences, 0);
});

test(`${REQUESTS} random requests have Alibaba Cloud's ACS3 signatures (seed ${seed})`, async () => {
  let differences = 0;
  for (let i = 0; i < REQUESTS; i++) {
    const keys = { accessKeyId: "testid", accessKeySecret: secret(), securityToken: maybe(secret) };
    const { url, headers, body } = await sent("ACS3-HMAC-SHA256", keys, parameters());
    const { authorization, accept, ...signed } = headers;
    assert.equal(accept, "application/json");
    const payload = createHash("sha256").update(body).digest("hex");
    const vendor = OpenApiUtil.getAuthorization(
      {
        method: "POST",
        pathname: "/",
        query: Object.fromEntries(url.searchParams),
        headers: { ...signed, host: url.host },
      },
      "ACS3-HMAC-SHA256",
      payload,
      keys.accessKeyId,
      keys.accessKeySecret,
    );
    if (vendor !== authorization || signed["x-acs-content-sha256"] !== payload) differences++;
  }
  assert.equal(differences, 0);
});
