// Runs the code of docs/sandbox.md unchanged.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createSandbox } from "cloudauth-edge/sandbox";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/sandbox.md", root), "utf8");
const blocks = (language) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(([, text]) => text);

test("the program", () => {
  const [program, ...more] = blocks("js");
  assert.equal(more.length, 0);
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: root,
    encoding: "utf8",
  });
  assert.deepEqual([stdout, stderr], ["passed\n", ""]);
});

test("the configuration", async () => {
  const [config, ...more] = blocks("json");
  assert.equal(more.length, 0);
  const sandbox = createSandbox(JSON.parse(config));
  assert.deepEqual((await sandbox.state()).accounts[0].accessKeyIds, ["own-key-id"]);
  await sandbox.close();
});

test("every body of the control API", async () => {
  const sandbox = createSandbox();
  const post = (path, body) => sandbox.fetch(`http://127.0.0.1/_sandbox/${path}`, { method: "POST", body });
  const shown = page.slice(page.indexOf("## The control API"));
  const bodies = [...shown.matchAll(/[`'](\{"[^`'\n]*\})[`']/g)]
    .map(([, body]) => body)
    .filter((body) => !body.includes(', "message"')); // a response
  assert.ok(bodies.length >= 7, String(bodies));
  for (const body of bodies) {
    const path = body.includes("outcome")
      ? "verifications/unknown/submit"
      : body.includes("kind")
        ? "faults"
        : "clock";
    const { status } = await post(path, body);
    // The body is accepted; the verification does not exist.
    assert.equal(status, { faults: 201, clock: 200 }[path] ?? 404, body);
  }
  await sandbox.close();
});
