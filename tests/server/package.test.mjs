// The packed package, installed into an empty folder without network access, and its server.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import { createSandbox } from "../../pkg/dist/sandbox.js";
import { must, run, start, stopAll } from "../../scripts/lib/process.mjs";
import { projectEnv, root } from "../../scripts/lib/project.mjs";
import { pack } from "../../scripts/pack.mjs";
import { sample } from "../support/samples.mjs";
import { submit } from "../support/sandbox.mjs";

const ROUTE = "/v1/face-verifications";
// The folder's name contains a space and characters that URLs encode.
const folder = mkdtempSync(join(tmpdir(), "cloudauth edge 网关-"));
const installed = join(folder, "node_modules", "cloudauth-edge-gateway");
const env = { ...projectEnv(), NO_UPDATE_NOTIFIER: "1" };

before(async () => {
  const tarball = await pack(folder, "gateway");
  writeFileSync(join(folder, "package.json"), '{"private":true}');
  const options = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await must("npm", ["install", ...options, tarball], { cwd: folder, env });
});

after(async () => {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
});

const files = () =>
  readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(installed, join(entry.parentPath, entry.name)));

test("it holds what it needs, and nothing of the build machine", () => {
  const own = files().filter((file) => !file.startsWith("node_modules"));
  const expected =
    /^(dist\/([\w-]+\.js|gateway\.wasm|openapi\.json|console\/.+)|deploy\/[\w.-]+|docs\/(gateway|guide\/(server|gateway|alibaba-cloud)(\.zh-CN)?)\.md|README\.md|CHANGELOG\.md|LICENSE-(APACHE|MIT)|package\.json)$/;
  for (const file of own) assert.match(file, expected);
  for (const file of [
    "README.md",
    "LICENSE-MIT",
    "dist/console/_headers",
    "deploy/Containerfile",
    "docs/guide/server.zh-CN.md",
    "docs/guide/gateway.zh-CN.md",
    "docs/guide/alibaba-cloud.zh-CN.md",
  ])
    assert.ok(own.includes(file), file);
  const places = [`${root}/`, ...(homedir().length > 1 ? [`${homedir()}/`] : [])];
  for (const file of own) {
    const bytes = readFileSync(join(installed, file));
    for (const place of places) assert.ok(!bytes.includes(place), `${file} names ${place}`);
  }
});

/** Starts the demo as npx does, and waits until it has printed what to try. */
async function demo(args, settings = {}) {
  const temporary = mkdtempSync(join(folder, "tmp-"));
  const child = start("node", [join(folder, "node_modules", ".bin", "cloudauth-edge-gateway"), ...args], {
    cwd: folder,
    env: { ...env, LC_ALL: "en_GB.UTF-8", TMPDIR: temporary, ...settings },
  });
  const ended = once(child, "close");
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (output += text));
  await new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      if (output.includes("Ctrl-C")) resolve();
    });
    ended.then(() => reject(new Error(output)));
  });
  return { child, ended, temporary, output };
}

test("the demo is gateway, console and sandbox with Node alone, and leaves nothing behind", async () => {
  // The settings of a real deployment must not affect the demo.
  writeFileSync(join(folder, ".env"), "CLOUDAUTH_ENDPOINTS=cloudauth.aliyuncs.com\n");
  const real = { GATEWAY_MODE: "production", GATEWAY_DATABASE: join(folder, "real.db") };
  const { child, ended, temporary, output } = await demo(["demo", "--port=0", "--sandbox-port=0"], real);
  rmSync(join(folder, ".env"));
  const [, gateway] = /^Gateway and console +(\S+)$/m.exec(output);
  const [, page] = /^Simulated phone +(\S+)$/m.exec(output);
  const [command] = /^curl .*$/m.exec(output);
  const shell = run("sh", ["-c", `${command} --silent --fail`], { env, limitMs: 60_000 });
  const { certifyId, outerOrderNo } = JSON.parse((await shell).output);
  assert.match(await (await fetch(gateway)).text(), /<html/);
  assert.match(await (await fetch(page)).text(), /phone-screen\.css/);
  const { sandbox } = await (await fetch(`${gateway}/console.json`)).json();
  assert.equal(page, `${sandbox}/_sandbox/phone`);
  await submit(sandbox, certifyId, "passed");
  const headers = { authorization: "Bearer dev-token" };
  const read = await fetch(`${gateway}${ROUTE}/${outerOrderNo}`, { headers });
  assert.equal((await read.json()).status, "passed");

  const taken = new URL(gateway).port;
  await assert.rejects(demo(["demo", `--port=${taken}`, "--sandbox-port=0"]), /EADDRINUSE.*--port/);
  await assert.rejects(demo(["demo", "--port=8787x"]), /--port must be a port/);
  await assert.rejects(demo(["serve", "--port=0"]), /Usage:/);
  child.kill("SIGTERM");
  assert.equal((await ended)[0], 0);
  assert.deepEqual(readdirSync(temporary), []);
  assert.ok(!existsSync(join(folder, "real.db")));
});

test("npx serves a verification, the console included", async (t) => {
  const sandbox = createSandbox();
  const { url: endpoint } = await sandbox.listen();
  t.after(() => sandbox.close());
  const settings = {
    GATEWAY_MODE: "development",
    GATEWAY_LISTEN: "127.0.0.1:0",
    GATEWAY_METRICS_LISTEN: "off",
    CLOUDAUTH_ENDPOINTS: endpoint,
  };
  const began = performance.now();
  // As npx does it, without asking a registry for a newer version.
  const child = start("node", [join(folder, "node_modules", ".bin", "cloudauth-edge-gateway")], {
    cwd: folder,
    env: { ...env, ...settings },
  });
  const ended = once(child, "close");
  let reason = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (reason += text));
  const failed = ended.then(() => {
    throw new Error(`It did not start:\n${reason}`);
  });
  const [line] = await Promise.race([once(child.stdout.setEncoding("utf8"), "data"), failed]);
  failed.catch(() => {}); // it ends after the test
  const { listening } = JSON.parse(line);
  const call = async (method, path, body) => {
    const headers = { authorization: "Bearer dev-token", "content-type": "application/json" };
    const response = await fetch(listening + path, { method, headers, body: body && JSON.stringify(body) });
    return response.json();
  };
  const order = sample();
  const { certifyId } = await call("POST", ROUTE, order);
  await submit(endpoint, certifyId, "passed");
  const { status } = await call("GET", `${ROUTE}/${order.outerOrderNo}`);
  t.diagnostic(`from its start to a verdict: ${Math.round(performance.now() - began)} ms`);
  assert.equal(status, "passed");
  assert.match(await (await fetch(listening)).text(), /<html/);
  assert.ok(existsSync(join(folder, "cloudauth-edge-gateway.db")));
  child.kill("SIGTERM");
  assert.equal((await ended)[0], 0);
});
