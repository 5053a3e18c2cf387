// Runs each example that uses the npm package with its own command, against the sandbox.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createSandbox } from "cloudauth-edge/sandbox";
import { must } from "../../scripts/lib/process.mjs";
import { at, projectEnv } from "../../scripts/lib/project.mjs";
import { serve, verifies } from "./backend.mjs";

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

test("Hono on Workers", async () => {
  const state = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  after(() => rmSync(state, { recursive: true, force: true }));
  const options = ["--ip=127.0.0.1", "--port=0", "--inspector-port=0", `--persist-to=${state}`];
  const command = ["npm", "start", "--", ...options, `--var=CLOUDAUTH_ENDPOINT:${endpoint}`];
  const worker = await serve("hono-workers", command, {}, /Ready on (http:\S+)/);
  await verifies(worker, sandbox, { keepsOrders: true });
});
