// A gateway that a team shares, in front of a sandbox; callers in two settings; and a gateway without its console.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { FaceVerifyClient } from "cloudauth-edge";
import { at } from "../../scripts/lib/project.mjs";
import { operator, startBoth } from "../support/gateway.mjs";
import { callerOf, sample } from "../support/samples.mjs";
import { submit } from "../support/sandbox.mjs";

const SECRET = "0123456789abcdef0123456789abcdef";
const ROUTE = "/v1/face-verifications";
const MODE = "cloudauth-gateway-mode";
const script = `/assets/${readdirSync(at("www", "dist", "assets")).find((name) => name.endsWith(".js"))}`;

const caller = (id) =>
  JSON.stringify([
    callerOf(id, `a token of ${id}`, {
      keyPairs: [{ accessKeyId: `gwk-${id}-1`, secretSetting: "GATEWAY_KEY_TEAM" }],
    }),
  ]);

let both;
before(async () => {
  both = await startBoth({
    GATEWAY_MODE: "staging",
    GATEWAY_SECRET: SECRET,
    GATEWAY_CALLERS: caller("shop"),
    GATEWAY_CALLERS_2: caller("bank"),
    GATEWAY_KEY_TEAM: "a-secret-of-the-team",
  });
});
after(() => both?.close());

test("callers of both settings verify against the sandbox, and every answer is marked", async () => {
  const { gateway, endpoint } = both;
  for (const id of ["shop", "bank"]) {
    const token = `a token of ${id}`;
    const body = sample();
    const started = await gateway.call("POST", ROUTE, { body, token });
    assert.equal(started.status, 201, started.text);
    await submit(endpoint, started.json.certifyId, "passed");
    const read = await gateway.call("GET", `${ROUTE}/${body.outerOrderNo}`, { token });
    assert.equal(read.json.status, "passed");
    for (const { headers } of [started, read]) assert.equal(headers.get(MODE), "staging");
  }
  for (const [path, status] of [
    ["/livez", 200],
    ["/readyz", 200],
    ["/openapi.json", 200],
    ["/console.json", 200],
    [ROUTE, 401],
    ["/nothing", 404],
  ]) {
    const answer = await gateway.call("GET", path, { token: null });
    assert.deepEqual([answer.status, answer.headers.get(MODE)], [status, "staging"], path);
  }
  for (const path of ["/", script, "/favicon.svg"]) {
    const response = await fetch(gateway.url + path);
    await response.body.cancel();
    assert.deepEqual([response.status, response.headers.get(MODE)], [200, "staging"], path);
    assert.match(response.headers.get("content-security-policy"), /default-src 'none'/, path);
  }
  // Nobody who asks without a token learns where the sandbox is.
  const { json } = await gateway.call("GET", "/console.json", { token: null });
  assert.deepEqual([json.mode, json.sandbox], ["staging", null]);
});

test("an SDK's answers are marked, too", async () => {
  const marks = [];
  const client = new FaceVerifyClient({
    accessKeyId: "gwk-bank-1",
    accessKeySecret: "a-secret-of-the-team",
    endpoint: both.gateway.url,
    fetch: async (...request) => {
      const response = await fetch(...request);
      marks.push(response.headers.get(MODE));
      return response;
    },
  });
  await client.initFaceVerify({ sceneId: 1000000006, ...sample() });
  await assert.rejects(client.describeFaceVerify({ sceneId: 1000000006, certifyId: "unknown" }));
  assert.deepEqual(marks, ["staging", "staging"]);
});

test("check says that verifications are simulated", async () => {
  const said = await operator(["check", both.gateway.url], {});
  assert.match(said, /The settings are complete\.\n/);
  assert.match(said, /GATEWAY_MODE is staging: verifications are simulated by a sandbox\./);
  const settings = { GATEWAY_MODE: "staging", GATEWAY_SECRET: SECRET, GATEWAY_CALLERS: caller("shop") };
  const vendor = await operator(["check"], {
    ...settings,
    GATEWAY_KEY_TEAM: "a-secret-of-the-team",
    CLOUDAUTH_ENDPOINTS: "cloudauth.cn-shanghai.aliyuncs.com",
    CLOUDAUTH_ACCESS_KEY_ID: "LTAIplanted",
    CLOUDAUTH_ACCESS_KEY_SECRET: "planted-secret",
  });
  assert.match(vendor, /CLOUDAUTH_ENDPOINTS must be the addresses of a sandbox in staging/);
  assert.match(vendor, /CLOUDAUTH_ACCESS_KEY_ID must be a key of the sandbox/);
  assert.ok(!vendor.includes("planted"));
});

test("GATEWAY_CONSOLE=off: the console's files and data answer 404, everything else is served", async () => {
  const closed = await startBoth({ GATEWAY_CONSOLE: "off" });
  try {
    const { gateway } = closed;
    for (const path of ["/", "/index.html", script, "/favicon.svg", "/console.json", "/_headers"]) {
      for (const method of ["GET", "HEAD"]) {
        const response = await fetch(gateway.url + path, { method });
        assert.equal(response.status, 404, `${method} ${path}`);
        const text = await response.text();
        if (method === "GET") assert.equal(JSON.parse(text).code, "not-found", path);
      }
    }
    assert.equal((await gateway.call("POST", ROUTE, { body: sample() })).status, 201);
    for (const path of ["/livez", "/readyz", "/openapi.json", "/problems/not-found"])
      assert.equal((await gateway.call("GET", path, { token: null })).status, 200, path);
    const client = new FaceVerifyClient({
      accessKeyId: "dev-key-id",
      accessKeySecret: "dev-key-secret",
      endpoint: gateway.url,
    });
    await client.initFaceVerify({ sceneId: 1000000006, ...sample() });
  } finally {
    await closed.close();
  }
});
