// From the operator's first command to a caller's first request, with all optional bindings of wrangler.toml.

import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FaceVerifyClient } from "cloudauth-edge";
import { only, operator, startBoth } from "../support/gateway.mjs";
import { callerOf, sample } from "../support/samples.mjs";
import { everything } from "../support/wrangler.mjs";

const SECRET = "0123456789abcdef0123456789abcdef";
const ROUTE = "/v1/face-verifications";

let both, caller;

before(async () => {
  const first = await operator(["caller", "add", "shop"], { GATEWAY_SECRET: SECRET });
  const callers = first.match(/^\[.*\]$/m)[0];
  // Rotation: a second token and key pair for the same caller.
  const second = await operator(["caller", "rotate", "shop"], {
    GATEWAY_SECRET: SECRET,
    GATEWAY_CALLERS: callers,
  });
  const shown = (text, name) => text.match(new RegExp(`${name}\\s+(\\S+)`))[1];
  caller = [first, second].map((text) => ({
    token: shown(text, "bearer token"),
    accessKeyId: shown(text, "AccessKeyId"),
    accessKeySecret: shown(text, "AccessKeySecret"),
  }));
  both = await startBoth(
    { GATEWAY_SECRET: SECRET, GATEWAY_CALLERS: second.match(/^\[.*\]$/m)[0] },
    { configure: (text) => everything(text).replace("limit = 100", "limit = 10") },
  );
});

after(async () => {
  await both?.close();
});

test("both tokens and both key pairs of a caller work, under both schemes", async () => {
  const { gateway } = both;
  const order = sample();
  const [old, current] = caller;
  const { status, json } = await gateway.call("POST", ROUTE, { body: order, token: old.token });
  assert.equal(status, 201);
  const { status: again } = await gateway.call("POST", ROUTE, { body: order, token: current.token });
  assert.equal(again, 200);
  for (const { accessKeyId, accessKeySecret } of caller) {
    for (const signatureVersion of ["1.0", "ACS3-HMAC-SHA256"]) {
      const client = new FaceVerifyClient({
        accessKeyId,
        accessKeySecret,
        signatureVersion,
        endpoint: gateway.url,
      });
      const started = await client.initFaceVerify({ sceneId: 1000000006, ...order });
      assert.equal(started.certifyId, json.certifyId);
    }
  }
  assert.equal((await gateway.call("GET", ROUTE, { token: "dev-token" })).status, 401);
});

test("a bound rate limit is enforced and reported", { skip: only("worker", "a binding") }, async () => {
  const { token } = caller[0];
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => both.gateway.call("GET", ROUTE, { token })),
  );
  const limited = answers.filter(({ status }) => status === 429);
  assert.ok(limited.length >= 10, `${limited.length} were refused`);
  assert.equal(limited[0].json.code, "rate-limited");
  assert.ok(limited[0].headers.has("retry-after"));
  // An SDK receives it in Alibaba Cloud's envelope.
  const { accessKeyId, accessKeySecret } = caller[0];
  const client = new FaceVerifyClient({
    accessKeyId,
    accessKeySecret,
    endpoint: both.gateway.url,
    maxAttempts: 1,
  });
  const calls = Array.from({ length: 30 }, () =>
    client
      .describeFaceVerify({ sceneId: 1000000006, certifyId: "none" })
      .catch(({ kind, code }) => ({ kind, code })),
  );
  const codes = (await Promise.all(calls)).map(({ kind, code }) => `${kind} ${code}`);
  assert.ok(codes.includes("throttled Throttling.User"), codes.join());
  // And in the format that it requests.
  const xml = await Promise.all(Array.from({ length: 30 }, () => describeInXml(caller[0])));
  assert.ok(
    xml.some((text) => text.startsWith("<?xml") && text.includes("<Code>Throttling.User</Code>")),
    xml.join("\n"),
  );
  assert.ok(xml.every((text) => text.startsWith("<?xml")));
});

/** A query, signed as by an SDK that requests XML. */
async function describeInXml({ accessKeyId, accessKeySecret }) {
  const parameters = {
    AccessKeyId: accessKeyId,
    Action: "DescribeFaceVerify",
    CertifyId: "none",
    Format: "XML",
    SceneId: "1000000006",
    SignatureMethod: "HMAC-SHA1",
    SignatureNonce: randomUUID(),
    SignatureVersion: "1.0",
    Timestamp: `${new Date().toISOString().slice(0, 19)}Z`,
    Version: "2019-03-07",
  };
  const pairs = Object.entries(parameters).map((pair) => pair.map(encodeURIComponent).join("="));
  const text = `POST&%2F&${encodeURIComponent(pairs.sort().join("&"))}`;
  const signature = createHmac("sha1", `${accessKeySecret}&`).update(text).digest("base64");
  const body = new URLSearchParams({ ...parameters, Signature: signature });
  return (await fetch(both.gateway.url, { method: "POST", body })).text();
}

test("the check says what is missing, here and of a running gateway", async () => {
  const complete = { GATEWAY_MODE: "development" };
  assert.match(await operator(["check"], complete), /complete/);
  const missing = await operator(["check"], { GATEWAY_SECRET: SECRET });
  assert.match(missing, /GATEWAY_CALLERS is missing/);
  assert.match(missing, /未设置/);
  assert.ok(!missing.includes(SECRET));
  assert.match(await operator(["check", both.gateway.url], {}), /complete/);
  assert.match(await operator(["check", both.endpoint], {}), /not a gateway/);
  assert.match(await operator(["caller", "add", "Not An Id"], { GATEWAY_SECRET: SECRET }), /lower-case/);
  assert.match(await operator(["check", "http://127.0.0.1:9"], {}), /No response/);
  // A caller is not created from settings that the deployment would reject.
  for (const [settings, expected] of [
    [{ GATEWAY_SECRET: "short" }, /fewer than 32/],
    [{ GATEWAY_SECRET: `${SECRET}\n` }, /white space/],
    [{ GATEWAY_SECRET: SECRET, GATEWAY_CALLERS: "[{" }, /not JSON of the expected form/],
    [{ GATEWAY_SECRET: SECRET, GATEWAY_CALLERS: '{"id":"shop"}' }, /not JSON of the expected form/],
  ]) {
    const output = await operator(["caller", "add", "shop"], settings);
    assert.match(output, expected);
    assert.match(output, /Nothing was changed/);
    assert.ok(!/bearer token|short|0123456789/.test(output), output);
  }
  assert.match(await operator(["nothing"], complete), /Usage/);
});

test(
  "the commands read .dev.vars in the current folder",
  { skip: only("worker", "a file of wrangler") },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, ".dev.vars"), "GATEWAY_MODE=development\nGATEWAY_PHOTO=wrong\n");
    assert.match(await operator(["check"], {}, folder), /GATEWAY_PHOTO must be/);
    assert.match(await operator(["check"], { GATEWAY_PHOTO: "stream" }, folder), /complete/);
    const elsewhere = {
      GATEWAY_SECRET: SECRET,
      GATEWAY_CALLERS: JSON.stringify([callerOf("bank", "token")]),
    };
    const unsaved = await operator(["caller", "add", "shop", "--save"], elsewhere, folder);
    assert.match(unsaved, /--save needs \.dev\.vars to set GATEWAY_CALLERS/);
  },
);
