// The commands in package.json and the scripts behind them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { npmCi } from "../../scripts/install.mjs";
import { must } from "../../scripts/lib/process.mjs";
import { at, projectEnv } from "../../scripts/lib/project.mjs";

test("every npm command installs the packages and then looks for the project's Node", () => {
  const { scripts } = JSON.parse(readFileSync(at("package.json"), "utf8"));
  for (const [name, script] of Object.entries(scripts))
    assert.ok(script.startsWith("node scripts/install.mjs && hash -r && "), name);
});

test("development packages are installed also where npm leaves them out by default", async () => {
  const [cwd, env] = [at("scripts", "reference"), { ...projectEnv(), NODE_ENV: "production" }];
  assert.match(
    await must("npm", [...npmCi(), "--dry-run", "--offline"], { cwd, env }),
    /^added \d+ packages/m,
  );
  // What the examples need.
  const without = await must("npm", [...npmCi("--omit=dev"), "--dry-run", "--offline"], { cwd, env });
  assert.doesNotMatch(without, /^added/m);
});
