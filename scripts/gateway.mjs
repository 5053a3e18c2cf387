// Tools for operators of the gateway.
//
//   node scripts/gateway.mjs new-caller <id>   creates a token and a key pair, and prints them once
//   node scripts/gateway.mjs check [url] lists invalid settings, of this folder or of a deployment
//
// Reads settings (GATEWAY_SECRET, GATEWAY_CALLERS, …) from .dev.vars and the environment; the environment takes
// precedence.

import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { guard } from "../pkg/core.js";
import { Failure } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";

const USAGE = "Usage: node scripts/gateway.mjs new-caller <id> | check [url]";
/** Cloudflare's limit for one secret. */
const SECRET_MAX_BYTES = 5_120;
const IS_SETTING = /^(GATEWAY|CLOUDAUTH)_/;

async function loadCore() {
  const wasm = at("pkg", "wasm", "gateway", "cloudauth_edge_bg.wasm");
  if (!existsSync(wasm)) throw new Failure("The WebAssembly module is missing: run `npm run build` first.");
  const glue = await import("../pkg/wasm/gateway/cloudauth_edge.js");
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
      "GATEWAY_SECRET is not set. The key pair's secret is derived from it: set it to the deployed value.",
    );
  }
  // A caller that the deployment rejects is useless. Other callers' secrets may be missing here.
  const wrong = problems(core, settings()).filter(
    ({ field, rule }) =>
      field === "GATEWAY_SECRET" ||
      (field === "GATEWAY_CALLERS" && !["missing", "secret-setting"].includes(rule)),
  );
  if (wrong.length > 0) throw new Failure(`No caller was created:\n${listed(wrong)}`);
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
    // Add a token and a key pair; the operator removes the old ones once they are unused.
    known.tokenSha256 = [...(known.tokenSha256 ?? []), ...added.tokenSha256];
    known.keyPairs = [...(known.keyPairs ?? []), ...added.keyPairs];
  } else {
    callers.push(added);
  }
  const list = JSON.stringify(callers);
  console.log(`Printed once; send them to ${id} over a secure channel:
  bearer token     ${token}
  AccessKeyId      ${accessKeyId}
  AccessKeySecret  ${core.gatewayKeySecret(GATEWAY_SECRET, accessKeyId)}
  webhook secret   ${core.gatewayWebhookSecret(GATEWAY_SECRET, id)}

Store this as GATEWAY_CALLERS (npx wrangler secret put GATEWAY_CALLERS):
${list}`);
  if (!GATEWAY_CALLERS) {
    console.log(
      "\nIt contains only this caller because GATEWAY_CALLERS is not set here. Add the caller to the deployed list.",
    );
  }
  if (Buffer.byteLength(list) > SECRET_MAX_BYTES) {
    console.log(`\nIt exceeds Cloudflare's limit of ${SECRET_MAX_BYTES} bytes for one secret.`);
  }
}

/** The response of /readyz with these settings. */
function readiness(core, variables) {
  const request = { method: "GET", path: "/readyz", query: "", headers: [], host: "127.0.0.1", freshId: "" };
  const routed = core.gatewayRoute(
    JSON.stringify(Object.entries(variables)),
    JSON.stringify(request),
    undefined,
    Date.now(),
  );
  const { reply } = JSON.parse(routed).then;
  return { status: reply.status, text: reply.body };
}

/** The response of /readyz of a running gateway. */
async function remoteReadiness(url) {
  let response;
  try {
    response = await fetch(new URL("/readyz", url), { signal: AbortSignal.timeout(15_000) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw new Failure(`No response from ${url}: ${error.cause?.code ?? error.message}`);
  }
}

/** The invalid settings. */
function problems(core, variables) {
  return wrongSettings(readiness(core, variables));
}

function wrongSettings({ status, text }) {
  if (status === 200 && parsed(text)?.status === "ready") return [];
  const problem = parsed(text);
  if (!problem?.messages) throw new Failure(`This is not a gateway: it responded with status ${status}.`);
  return problem.settings ?? [{ field: problem.code, messages: problem.messages }];
}

function listed(found) {
  return found
    .map(({ field, messages }) => `  ${field} ${messages.en}\n  ${" ".repeat(field.length)} ${messages.zh}`)
    .join("\n");
}

async function check(url) {
  const found = url ? wrongSettings(await remoteReadiness(url)) : problems(await loadCore(), settings());
  if (found.length > 0) throw new Failure(`The gateway would refuse to serve:\n${listed(found)}`);
  console.log("The settings are complete.");
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
