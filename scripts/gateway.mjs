// Commands for operators of the Worker. On your own server, cloudauth-edge-gateway has the same commands.
//
//   node scripts/gateway.mjs new-caller <id>           creates a token and a key pair, and prints them once
//   node scripts/gateway.mjs rotate <id> [--finish]    … for an existing caller; --finish removes the old ones
//   node scripts/gateway.mjs check [url]               lists invalid settings, of this folder or of a deployment
//
// Reads settings (GATEWAY_SECRET, GATEWAY_CALLERS, …) from .dev.vars and the environment; the environment takes
// precedence.

import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { Failure as Wrong } from "../host/failure.js";
import { Failure } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";

const USAGE = "Usage: node scripts/gateway.mjs new-caller <id> | rotate <id> [--finish] | check [url]";
/** Cloudflare's limit for one secret. */
const SECRET_MAX_BYTES = 5_120;

function variables() {
  const file = at(".dev.vars");
  const written = existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
  return { ...written, ...process.env };
}

function show({ callers, shown, note }) {
  console.log(`${shown}

Store this as GATEWAY_CALLERS (npx wrangler secret put GATEWAY_CALLERS):
${callers}
${note}`);
  if (Buffer.byteLength(callers) > SECRET_MAX_BYTES) {
    console.log(`\nIt exceeds Cloudflare's limit of ${SECRET_MAX_BYTES} bytes for one secret.`);
  }
}

async function perform([what, ...rest]) {
  const wasm = at("pkg", "wasm", "gateway", "cloudauth_edge_bg.wasm");
  if (!existsSync(wasm)) throw new Failure("The WebAssembly module is missing: run `npm run build` first.");
  const { loadCore } = await import("../host/core.js");
  const { mustBeComplete, newCaller, problemsAt, problemsOf, rotate } = await import("../host/operator.js");
  const core = loadCore(readFileSync(wasm));
  const finish = rest[1] === "--finish";
  if (what === "new-caller" && rest.length === 1) return show(newCaller(core, variables(), rest[0]));
  if (what === "rotate" && rest.length === (finish ? 2 : 1)) {
    return show(rotate(core, variables(), rest[0], { finish }));
  }
  if (what === "check" && rest.length <= 1) {
    mustBeComplete(rest.length === 1 ? await problemsAt(rest[0]) : problemsOf(core, variables()));
    return console.log("The settings are complete.");
  }
  throw new Failure(USAGE);
}

await command(import.meta, async (args) => {
  try {
    await perform(args);
  } catch (error) {
    throw error instanceof Wrong ? new Failure(error.message) : error;
  }
});
