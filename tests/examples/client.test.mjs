// Runs each example that uses the npm package with its own command, against the sandbox.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createSandbox } from "cloudauth-edge/sandbox";
import { must } from "../../scripts/lib/process.mjs";
import { at, projectEnv } from "../../scripts/lib/project.mjs";
import { freePort } from "../support/programs.mjs";
import { PERSON, serve, verifies } from "./backend.mjs";

const sandbox = createSandbox();
let endpoint;

/** A browser that has opened the page of `npm run h5`. */
async function browser(backend) {
  const opened = await fetch(`${backend.found}/`);
  assert.equal(opened.status, 200);
  const [cookie] = opened.headers.get("set-cookie").split(";");
  return {
    get: async (path) => {
      const response = await fetch(`${backend.found}${path}`, { headers: { cookie } });
      return { status: response.status, text: await response.text() };
    },
    start: async (person) => {
      const response = await fetch(`${backend.found}/verifications`, {
        method: "POST",
        headers: { cookie, "content-type": "application/json" },
        body: typeof person === "string" ? person : JSON.stringify(person),
      });
      return { status: response.status, ...(await response.json()) };
    },
  };
}

before(async () => {
  endpoint = (await sandbox.listen()).url;
});
after(() => sandbox.close());

test("Node, in TypeScript", async () => {
  assert.equal(await must("tsc", ["--project", at("tests", "examples", "tsconfig.json")]), "");
  const settings = { CLOUDAUTH_ENDPOINT: endpoint };
  const program = await serve("node", ["npm", "start"], settings, /CertifyId for the app: (\S+)/);
  await sandbox.submit(program.found, "passed");
  assert.equal(await program.ended, 0);
  assert.match(program.output(), /^passed$/m);
});

test("Node, a program's own tests", async () => {
  const cwd = at("examples", "node");
  // With this variable, the inner runner would report to this one.
  const { NODE_TEST_CONTEXT: _, ...env } = projectEnv();
  assert.match(await must("npm", ["test"], { cwd, env }), /^(ℹ|#) pass 6$/m);
});

test("Express", async () => {
  const settings = { CLOUDAUTH_ENDPOINT: endpoint, PORT: "0" };
  await verifies(await serve("express", ["npm", "start"], settings), sandbox, { keepsOrders: true });
});

test("Express, on a web page: a callback is a hint, and the verdict comes once", async () => {
  const PUBLIC_URL = "https://shop.example";
  let backend;
  const local = (url) => url.replace(PUBLIC_URL, backend.found);
  const shop = createSandbox({ fetch: (url, options) => fetch(local(url), options) });
  after(() => shop.close());
  const settings = { CLOUDAUTH_ENDPOINT: (await shop.listen()).url, PORT: "0", PUBLIC_URL };
  backend = await serve("express", ["npm", "run", "h5"], settings);
  const { get, start } = await browser(backend);
  const stranger = await browser(backend);

  const { status, outerOrderNo, certifyUrl } = await start(PERSON);
  assert.equal(status, 201);
  const [{ certifyId }] = await shop.verifications({ outerOrderNo });
  assert.ok(certifyUrl.endsWith(certifyId));
  const read = () => get(`/verifications/${outerOrderNo}`);
  assert.deepEqual(await read(), { status: 200, text: '{"status":"pending"}' });

  // What a stranger may send, and what Alibaba Cloud sends to test the URL.
  for (const query of [
    "",
    "?passed=200",
    `?certifyId=${certifyId}&passed=200`,
    `?callbackToken=0&certifyId=${certifyId}&passed=T`,
  ]) {
    for (const order of [outerOrderNo, "unknown"]) {
      assert.equal((await get(`/callbacks/${order}${query}`)).status, 200);
    }
  }
  assert.deepEqual(await read(), { status: 200, text: '{"status":"pending"}' });

  await shop.submit(certifyId, "passed");
  await backend.printed(/^Verdict: passed$/m);
  const { returnUrl } = await shop.verification(certifyId);
  const back = local(returnUrl).slice(backend.found.length);
  assert.match((await get(back)).text, /认证通过/);
  assert.equal((await stranger.get(back)).status, 404);
  assert.equal((await fetch(`${backend.found}${back}`)).status, 404, "without a session");

  // A browser that claims a pass.
  const another = await start(PERSON);
  const [rejected] = await shop.verifications({ outerOrderNo: another.outerOrderNo });
  await shop.submit(rejected.certifyId, "205");
  await backend.printed(/^Verdict: rejected$/m);
  const claim = encodeURIComponent('{"code":1000}');
  const page = await get(`/verifications/${another.outerOrderNo}/return?response=${claim}`);
  assert.match(page.text, /认证未通过/);

  const wrong = await start({ ...PERSON, certNo: "110105194912310021" });
  assert.equal(wrong.status, 422);
  assert.match(wrong.message, /^证件号码校验码不符/);
  const failed = await start({ ...PERSON, metaInfo: "{" });
  assert.equal(failed.status, 502);
  assert.match((await get(`/verifications/${failed.outerOrderNo}/return`)).text, /未能发起/);
  assert.equal((await start(JSON.stringify(PERSON).replace(/}$/, ",}"))).status, 400);
  assert.equal(backend.output().match(/^Verdict: /gm).length, 2);
  for (const secret of [PERSON.certName, PERSON.certNo, "zimVer", certifyId]) {
    assert.ok(!backend.output().includes(secret), secret);
  }
});

test("Express, on a web page: a person completes it on this machine, and an unfinished one ends", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const offset = join(folder, "offset");
  const setOffset = (milliseconds) => writeFileSync(offset, String(milliseconds));
  setOffset(0);
  const later = `import { readFileSync } from "node:fs";
    const now = Date.now;
    Date.now = () => now() + Number(readFileSync(${JSON.stringify(offset)}, "utf8"));`;
  const command = [
    "node",
    `--import=data:text/javascript,${encodeURIComponent(later)}`,
    "--env-file=sandbox.env",
    "h5.js",
  ];
  const shop = createSandbox();
  after(() => shop.close());
  const port = await freePort();
  const backend = await serve("express", command, {
    CLOUDAUTH_ENDPOINT: (await shop.listen()).url,
    PORT: String(port),
  });
  const { get, start } = await browser(backend);

  const { outerOrderNo, certifyUrl, status } = await start(PERSON);
  assert.equal(status, 201);
  assert.equal((await fetch(certifyUrl)).status, 200);
  const [{ certifyId, callback }] = await shop.verifications({ outerOrderNo });
  assert.equal(callback, null, "nothing could call this machine");
  const { returnUrl } = await shop.submit(certifyId, "passed");
  assert.ok(returnUrl.startsWith(backend.found), returnUrl);
  assert.match((await get(returnUrl.slice(backend.found.length))).text, /认证通过/);

  const { outerOrderNo: unfinished } = await start(PERSON);
  const page = async () => (await get(`/verifications/${unfinished}/return`)).text;
  assert.match(await page(), /http-equiv="refresh".*返回继续/);
  setOffset(31 * 60_000);
  await shop.advanceClock(31 * 60_000);
  assert.match(await page(), /重新认证/);
  assert.doesNotMatch(await page(), /refresh/);
});

test("Hono on Workers: one write per second to a key, as KV allows", async () => {
  const { default: app } = await import("../../examples/hono-workers/src/index.js");
  const values = new Map();
  const env = {
    CLOUDAUTH_ENDPOINT: endpoint,
    CLOUDAUTH_SCENE_ID: "1000000006",
    ALIBABA_CLOUD_ACCESS_KEY_ID: "sandbox-key-id",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "sandbox-key-secret",
    ORDERS: {
      get: async (key) => JSON.parse(values.get(key) ?? "null"),
      async put(key, value) {
        if (values.has(key)) throw new Error("KV PUT failed: 429 Too Many Requests");
        values.set(key, value);
      },
    },
  };
  const call = async (path, init) => {
    const headers = { "x-user-id": "123456789", "content-type": "application/json" };
    const response = await app.request(path, { headers, ...init }, env);
    return { status: response.status, body: await response.json() };
  };
  for (const [userId, status, state] of [
    ["123456789", 201, "pending"],
    ["sandbox-init-415", 422, "failed"],
  ]) {
    const before = new Set(values.keys());
    const headers = { "x-user-id": userId, "content-type": "application/json" };
    const started = await call("/verifications", { method: "POST", headers, body: JSON.stringify(PERSON) });
    assert.equal(started.status, status, JSON.stringify(started));
    const [key] = [...values.keys()].filter((one) => !before.has(one));
    const outerOrderNo = started.body.outerOrderNo ?? key.replace("order:", "");
    const read = await call(`/verifications/${outerOrderNo}`, { headers });
    assert.deepEqual(read, { status: 200, body: { status: state } });
  }
});

test("Hono on Workers", async () => {
  const state = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  after(() => rmSync(state, { recursive: true, force: true }));
  const options = ["--ip=127.0.0.1", "--port=0", "--inspector-port=0", `--persist-to=${state}`];
  const command = ["npm", "start", "--", ...options, `--var=CLOUDAUTH_ENDPOINT:${endpoint}`];
  const worker = await serve("hono-workers", command, {}, /Ready on (http:\S+)/);
  await verifies(worker, sandbox, { keepsOrders: true });
});
