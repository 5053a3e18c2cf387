// Every test named in the threat model exists.

import assert from "node:assert/strict";
import test from "node:test";
import { tracked } from "../../scripts/lib/tracked.mjs";
import { read } from "./markdown.mjs";

test("every test of the threat model exists", () => {
  const page = read("docs/threat-model.md");
  const sources = tracked()
    .filter((file) => /^(tests|src)\/.*\.(rs|mjs|js)$/.test(file))
    .map((file) => read(file))
    .join("\n")
    .replace(/\btest\(\s+"/g, 'test("');
  const cases = [...page.matchAll(/^\|.*\|$/gm)].flatMap(([row]) => {
    const cell = row.split("|").at(-2);
    return [
      ...[...cell.matchAll(/"([^"]+)"/g)].map(([, name]) => `test("${name}"`),
      ...[...cell.matchAll(/`(fn \w+)`/g)].map(([, name]) => `${name}(`),
    ];
  });
  assert.ok(cases.length > 30, `${cases.length} tests are named`);
  const missing = cases.filter((name) => !sources.includes(name));
  assert.deepEqual(missing, []);
});
