// Commands for operators of the Worker. On your own server, cloudauth-edge-gateway has the same commands.
//
//   node scripts/gateway.mjs caller list|add|change|rotate|revoke …   edits the value of GATEWAY_CALLERS, or of GATEWAY_CALLERS_2 and so on
//   node scripts/gateway.mjs check [url]               lists invalid settings, of this folder or of a deployment
//
// Reads settings (GATEWAY_SECRET, GATEWAY_CALLERS, …) from .dev.vars in the current folder and from the environment, which
// takes precedence.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { envSettings } from "../host/env-file.js";
import { Failure } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";

const USAGE = "Usage: node scripts/gateway.mjs caller <action> [id] [options] | check [url]";
/** Cloudflare's limit for one secret. */
const SECRET_MAX_BYTES = 5_120;
const SETTINGS = resolve(".dev.vars");
const SETTINGS_FILE = { en: ".dev.vars", zh: ".dev.vars" };

function variables() {
  const written = existsSync(SETTINGS) ? envSettings(SETTINGS) : {};
  return { ...written, ...process.env };
}

async function perform(args) {
  const wasm = at("pkg", "wasm", "gateway", "cloudauth_edge_bg.wasm");
  if (!existsSync(wasm)) throw new Failure("The WebAssembly module is missing: run `npm run build` first.");
  const { loadCore } = await import("../host/core.js");
  const { CALLER_OPTIONS, areCallerArguments, callerCommand, callerUsage } =
    await import("../host/caller-command.js");
  const { complete, mustBeComplete, readinessAt, readinessOf } = await import("../host/operator.js");
  const usage = `${USAGE}\n\n${callerUsage(SETTINGS_FILE)}`;
  let parsed;
  try {
    parsed = parseArgs({ args, options: CALLER_OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new Failure(error.message, { advice: usage });
  }
  const { values, positionals } = parsed;
  const [what, ...rest] = positionals;
  const core = loadCore(readFileSync(wasm));
  if (what === "caller" && areCallerArguments(rest, values)) {
    const file = existsSync(SETTINGS) ? SETTINGS : undefined;
    const edited = callerCommand(core, variables(), rest, { ...values, file }, SETTINGS_FILE);
    if (edited && Buffer.byteLength(edited.callers) > SECRET_MAX_BYTES)
      console.error(
        `${edited.setting} exceeds Cloudflare's limit of ${SECRET_MAX_BYTES} bytes for one secret: put callers into a further list with --list.`,
      );
    return;
  }
  if (what === "check" && rest.length <= 1 && Object.keys(values).length === 0) {
    const { problems, mode } =
      rest.length === 1 ? await readinessAt(rest[0]) : readinessOf(core, variables());
    mustBeComplete(problems);
    return console.log(complete(mode));
  }
  throw new Failure(usage);
}

await command(import.meta, perform);
