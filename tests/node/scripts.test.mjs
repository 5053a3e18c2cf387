// The commands in package.json and the scripts behind them.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { npmCi } from "../../scripts/install.mjs";
import { must } from "../../scripts/lib/process.mjs";
import { at, projectEnv } from "../../scripts/lib/project.mjs";
import { unlessCurrent } from "../../scripts/lib/stamp.mjs";

test("every npm command installs the packages and then looks for the project's Node", () => {
  const { scripts } = JSON.parse(readFileSync(at("package.json"), "utf8"));
  for (const [name, script] of Object.entries(scripts))
    assert.ok(script.startsWith("node scripts/install.mjs && hash -r && "), name);
});

test("development packages are installed also where npm leaves them out by default", async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), "cloudauth-edge-packages-"));
  t.after(() => rmSync(cwd, { recursive: true }));
  for (const file of ["package.json", "package-lock.json"])
    copyFileSync(at("scripts", "reference", file), join(cwd, file));
  const env = { ...projectEnv(), NODE_ENV: "production" };
  assert.match(
    await must("npm", [...npmCi(), "--dry-run", "--offline"], { cwd, env }),
    /^added \d+ packages/m,
  );
  // What the examples need.
  const without = await must("npm", [...npmCi("--omit=dev"), "--dry-run", "--offline"], { cwd, env });
  assert.doesNotMatch(without, /^added/m);
});

test("a step of the build is repeated if its inputs or any of its outputs changed", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-step-"));
  const name = basename(folder);
  t.after(() => {
    rmSync(folder, { recursive: true });
    rmSync(at("target", "built-from", name));
  });
  const [single, dist] = [join(folder, "single.js"), join(folder, "dist")];
  const [first, second] = [join(dist, "first.js"), join(dist, "second.js")];
  const make = () => {
    rmSync(dist, { recursive: true, force: true });
    mkdirSync(dist);
    for (const file of [single, first, second]) writeFileSync(file, "built");
  };
  const step = (inputs) => unlessCurrent(name, [single, dist], inputs, async () => make());
  for (const [why, change, inputs = "1"] of [
    ["it was never made", () => {}],
    ["a file is missing", () => rmSync(single)],
    ["a file of a folder is missing", () => rmSync(second)],
    ["a folder is missing", () => rmSync(dist, { recursive: true })],
    ["a file was edited", () => writeFileSync(first, "edited")],
    ["a file was added", () => writeFileSync(join(dist, "third.js"), "")],
    ["the inputs changed", () => {}, "2"],
  ]) {
    change();
    assert.equal(await step(inputs), undefined, why);
    assert.equal(await step(inputs), "there", `after ${why}`);
  }
});
