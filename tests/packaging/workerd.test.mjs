// A Worker that uses the installed package, bundled by wrangler and run by workerd.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { consumer } from "./lib/consumer.mjs";
import { assertVerified } from "./lib/expected.mjs";
import { ask, startSandbox } from "./lib/servers.mjs";
import { address } from "../support/programs.mjs";

const project = await consumer("workerd");

test("the bundle contains each module once, as a separate module", async () => {
  await project.must("npm", ["run", "build"]);
  const modules = readdirSync(join(project.folder, "dist")).filter((name) => name.endsWith(".wasm"));
  assert.equal(modules.length, 3, modules.join(", "));
});

test("workerd runs it without a compatibility flag", async () => {
  const { endpoint, seen } = await startSandbox();
  const settings = ["--ip=127.0.0.1", "--port=0", "--inspector-port=0", `--var=SANDBOX:${endpoint}`];
  const worker = project.start("npm", ["start", "--", ...settings]);
  const url = await address(worker, /Ready on (http:\S+)/);
  const { outside, inside, early } = await ask(url, "/");
  await assertVerified(outside, seen);
  const [result, verification] = inside;
  await assertVerified(result, () => verification);
  assert.equal(early, true);
});
