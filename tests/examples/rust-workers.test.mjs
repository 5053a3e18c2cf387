// Builds the Rust Worker and runs it in workerd with the example's own commands, against the
// sandbox.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createSandbox } from "cloudauth-edge/sandbox";
import { must } from "../../scripts/lib/process.mjs";
import { at, projectEnv } from "../../scripts/lib/project.mjs";
import { serve, verifies } from "./backend.mjs";

test("Rust on Workers", async () => {
  // Built before wrangler would do it, whose time limit is too short for a first build.
  const cwd = at("examples", "rust-workers");
  const [, build] = readFileSync(join(cwd, "wrangler.toml"), "utf8").match(/^command = "(.*)"$/m);
  await must("sh", ["-c", build], { cwd, env: projectEnv() });
  const sandbox = createSandbox();
  const state = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  after(() => rmSync(state, { recursive: true, force: true }));
  after(() => sandbox.close());
  const { url } = await sandbox.listen();
  const options = ["--ip=127.0.0.1", "--port=0", "--inspector-port=0", `--persist-to=${state}`];
  const command = [
    "wrangler",
    "dev",
    "--env-file=sandbox.env",
    ...options,
    `--var=CLOUDAUTH_ENDPOINT:${url}`,
  ];
  const worker = await serve("rust-workers", command, {}, /Ready on (http:\S+)/);
  await verifies(worker, sandbox, { keepsOrders: true });
});
