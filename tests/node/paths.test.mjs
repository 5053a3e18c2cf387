// The published files contain no paths of source files or of the build machine.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { test } from "node:test";
import { at, filesUnder, root } from "../../scripts/lib/project.mjs";

const machine = [root, `${homedir()}/`, ".cargo/", "/rustc/"];

test("no module and no page holds a path of the build machine", () => {
  const files = [...filesUnder(at("pkg", "wasm")), ...filesUnder(at("www", "dist"))];
  const modules = files.filter((file) => file.endsWith(".wasm"));
  assert.ok(modules.length >= 6, `${modules.length} modules`);
  for (const file of files) {
    const text = readFileSync(file, "latin1");
    const inlined = /^export default "([A-Za-z0-9+/=]+)";/.exec(text)?.[1] ?? "";
    const whole = text + Buffer.from(inlined, "base64").toString("latin1");
    for (const path of machine) assert.ok(!whole.includes(path), `${path} in ${file}`);
    if (file.endsWith(".wasm") || inlined) assert.doesNotMatch(whole, /[\w/.-]+\/\w+\.rs/, file);
  }
});
