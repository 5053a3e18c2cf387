// Runs each example that uses the npm package with its own command, against the sandbox.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createSandbox } from "cloudauth-edge/sandbox";
import { must } from "../../scripts/lib/process.mjs";
import { at, projectEnv } from "../../scripts/lib/project.mjs";
import { PERSON, serve, verifies } from "./backend.mjs";

const sandbox = createSandbox();
let endpoint;

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
  const get = async (path, user = "123456789") => {
    const response = await fetch(`${backend.found}${path}`, { headers: { "x-user-id": user } });
    return { status: response.status, text: await response.text() };
  };
  const start = async (person) => {
    const response = await fetch(`${backend.found}/verifications`, {
      method: "POST",
      headers: { "x-user-id": "123456789", "content-type": "application/json" },
      body: JSON.stringify(person),
    });
    return { status: response.status, ...(await response.json()) };
  };
  assert.equal((await get("/")).status, 200);

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
  assert.equal((await get(back, "somebody else")).status, 404);

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
  assert.match((await get(`/verifications/${wrong.outerOrderNo}/return`)).text, /未能发起/);
  assert.equal(backend.output().match(/^Verdict: /gm).length, 2);
  for (const secret of [PERSON.certName, PERSON.certNo, "zimVer", certifyId]) {
    assert.ok(!backend.output().includes(secret), secret);
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
