// Tools of whoever runs the gateway.
//
//   node scripts/gateway.mjs new-caller <id>   makes a token and a key pair, and shows them once
//   node scripts/gateway.mjs check [url]       says what is wrong with the settings, here or of a deployment
//
// Settings are read from .dev.vars and the environment, which wins: GATEWAY_SECRET, GATEWAY_CALLERS, …

import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { guard } from "../pkg/core.js";
import { Failure } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";

const USAGE = "Usage: node scripts/gateway.mjs new-caller <id> | check [url]";
const IS_SETTING = /^(GATEWAY|CLOUDAUTH)_/;

async function loadCore() {
  const wasm = at("pkg", "wasm", "server", "cloudauth_edge_bg.wasm");
  if (!existsSync(wasm)) throw new Failure("The WebAssembly module is missing: run npm run build first.");
  const glue = await import("../pkg/wasm/server/cloudauth_edge.js");
  glue.initSync({ module: readFileSync(wasm) });
  return guard(glue);
}

function settings() {
  const file = at(".dev.vars");
  const written = existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
  const all = Object.entries({ ...written, ...process.env });
  return Object.fromEntries(all.filter(([name]) => IS_SETTING.test(name)));
}

async function newCaller(id) {
  if (!/^[a-z0-9-]{1,64}$/.test(id ?? "")) {
    throw new Failure("The caller's id must be 1 to 64 lower-case letters, digits or hyphens.");
  }
  const core = await loadCore();
  const { GATEWAY_SECRET, GATEWAY_CALLERS } = settings();
  if (!GATEWAY_SECRET) {
    throw new Failure(
      "GATEWAY_SECRET is not set; the key pair's secret is derived from it. Set it as it is in the deployment.",
    );
  }
  const token = randomBytes(32).toString("base64url");
  const accessKeyId = `gwk-${id.slice(0, 40)}-${randomBytes(6).toString("hex")}`;
  const added = {
    id,
    tokenSha256: [createHash("sha256").update(token).digest("hex")],
    keyPairs: [{ accessKeyId }],
    scopes: ["create", "read"],
  };
  const callers = GATEWAY_CALLERS ? JSON.parse(GATEWAY_CALLERS) : [];
  const known = callers.find((caller) => caller.id === id);
  if (known) {
    // A further token and key pair beside the old ones, which are taken away when nobody uses them any more.
    known.tokenSha256 = [...(known.tokenSha256 ?? []), ...added.tokenSha256];
    known.keyPairs = [...(known.keyPairs ?? []), ...added.keyPairs];
  } else {
    callers.push(added);
  }
  console.log(`Shown once; hand them to ${id} by a safe way:
  bearer token     ${token}
  AccessKeyId      ${accessKeyId}
  AccessKeySecret  ${core.gatewayKeySecret(GATEWAY_SECRET, accessKeyId)}
  webhook secret   ${core.gatewayWebhookSecret(GATEWAY_SECRET, id)}

Store this as GATEWAY_CALLERS (npx wrangler secret put GATEWAY_CALLERS):
${JSON.stringify(callers)}`);
  if (!GATEWAY_CALLERS) {
    console.log(
      "\nIt has this caller alone: GATEWAY_CALLERS was not set here. Add it to those that are deployed.",
    );
  }
}

/** What /readyz answers, here from the settings at hand. */
async function readiness(url) {
  if (url) {
    const response = await fetch(new URL("/readyz", url), { signal: AbortSignal.timeout(15_000) });
    return { status: response.status, text: await response.text() };
  }
  const core = await loadCore();
  const { then } = core.gatewayRoute(
    JSON.stringify(settings()),
    { method: "GET", path: "/readyz", query: "", headers: [], host: "127.0.0.1", freshId: "" },
    Date.now(),
  );
  return { status: then.reply.status, text: new TextDecoder().decode(then.reply.body) };
}

async function check(url) {
  const { status, text } = await readiness(url);
  if (status === 200) {
    console.log("The settings are complete.");
    return;
  }
  const problem = parsed(text);
  if (!problem?.messages) throw new Failure(`This is not a gateway: it answered ${status}.`);
  const found = problem.settings ?? [{ field: problem.code, messages: problem.messages }];
  const lines = found.map(
    ({ field, messages }) => `  ${field} ${messages.en}\n  ${" ".repeat(field.length)} ${messages.zh}`,
  );
  throw new Failure(`The gateway would refuse to serve:\n${lines.join("\n")}`);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

await command(import.meta, async ([what, ...rest]) => {
  if (what === "new-caller" && rest.length === 1) return newCaller(rest[0]);
  if (what === "check" && rest.length <= 1) return check(rest[0]);
  throw new Failure(USAGE);
});
