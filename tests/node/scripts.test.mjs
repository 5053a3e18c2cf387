// The commands in package.json and the scripts behind them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { at } from "../../scripts/lib/project.mjs";

test("every npm command installs the packages and then looks for the project's Node", () => {
  const { scripts } = JSON.parse(readFileSync(at("package.json"), "utf8"));
  for (const [name, script] of Object.entries(scripts))
    assert.ok(script.startsWith("node scripts/install.mjs && hash -r && "), name);
});
