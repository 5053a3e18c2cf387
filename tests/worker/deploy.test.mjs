// The upload that wrangler prepares from the unchanged configuration files. Nothing is sent.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "../../scripts/lib/process.mjs";
import { configured, everything } from "../support/wrangler.mjs";

const LIMIT_MS = 120_000;
/** Cloudflare's limit for the compressed size, on the free plan. */
const UPLOAD_MAX_KIB = 3 * 1024;

async function dryRun(folder, config) {
  const { code, output } = await run(
    "wrangler",
    ["deploy", "--dry-run", `--outdir=${folder}`, `--config=${config}`],
    { limitMs: LIMIT_MS },
  );
  assert.equal(code, 0, output);
  assert.ok(!/warning/i.test(output), output);
  const [, size] = output.match(/gzip: ([\d.]+) KiB/) ?? [];
  assert.ok(Number(size) < UPLOAD_MAX_KIB, output);
  const wasm = readdirSync(folder).filter((name) => name.endsWith(".wasm"));
  assert.equal(wasm.length, 1, output);
  assert.ok(statSync(join(folder, wasm[0])).size > 0);
  return output;
}

for (const [name, config, bindings] of [
  ["the gateway", () => "wrangler.toml", ["LEDGER", "PACER", "ASSETS", "GATEWAY_MODE"]],
  [
    "the gateway with its optional bindings",
    (folder) => configured(folder, everything),
    ["LEDGER", "PACER", "RATE_LIMITER", "METRICS"],
  ],
  ["the sandbox", () => "wrangler.sandbox.toml", ["SANDBOX"]],
]) {
  test(`wrangler would deploy ${name}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
    try {
      const output = await dryRun(join(folder, "out"), config(folder));
      for (const binding of bindings) assert.match(output, new RegExp(`env\\.${binding}\\b`));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
