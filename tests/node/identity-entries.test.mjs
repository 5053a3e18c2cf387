// The identity rules work at once in the entry for browsers, which bundlers also give to Node.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

const entry = new URL("../../pkg/entry/identity-browser.js", import.meta.url).href;

/** Runs a program in a process of its own, since the glue keeps one instance; gives what it printed. */
const run = (program) =>
  JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" }),
  );

test("the entry for browsers needs no ready()", () => {
  const birthDate = run(`
    const { checkCertNo } = await import("${entry}");
    console.log(JSON.stringify(checkCertNo("11010519491231002X").birthDate));`);
  assert.equal(birthDate, "1949-12-31");
});

test("where a page may not make a module at once, ready() makes it", () => {
  const seen = run(`
    WebAssembly.Module = class {
      constructor() {
        throw new RangeError("WebAssembly.Compile is disallowed on the main thread");
      }
    };
    const { checkCertNo, ready } = await import("${entry}");
    let early = "";
    try { checkCertNo("11010519491231002X"); } catch (error) { early = error.message; }
    await ready();
    console.log(JSON.stringify({ early, birthDate: checkCertNo("11010519491231002X").birthDate }));`);
  assert.match(seen.early, /await ready\(\)/);
  assert.equal(seen.birthDate, "1949-12-31");
});

test("a missing value is reported as missing", () => {
  const rules = run(`
    const { checkCertNo, checkCertName, checkMobile } = await import("${entry}");
    const checks = [checkCertNo, checkCertName, checkMobile];
    console.log(JSON.stringify(checks.flatMap((check) => [check(undefined).rule, check(null).rule, check("").rule])));`);
  assert.deepEqual(rules, Array(9).fill("missing"));
});
