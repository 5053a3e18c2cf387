// npm start [-- --sandbox]: serves the gateway and the console in workerd, with the sandbox as the upstream unless
// .dev.vars sets CLOUDAUTH_ENDPOINTS. --sandbox ignores .dev.vars. Environment variables: PORT (8787),
// SANDBOX_PORT (8788).

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { envSettings } from "../host/env-file.js";
import { welcome } from "../server/welcome.js";
import { build } from "./build.mjs";
import { Failure, start, stopWithParent } from "./lib/process.mjs";
import { command, line } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";
import { devArguments } from "./lib/wrangler.mjs";
import { forBuild, setUp } from "./setup.mjs";

const HOST = "127.0.0.1";
const READY_WITHIN_MS = 60_000;
/** Number of lines of a child's output that are kept to explain why it ended. */
const KEPT_LINES = 200;

function portFrom(name, otherwise) {
  const text = process.env[name] || String(otherwise);
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw new Failure(`${name} must be a port from 1 to 65535`);
  }
  return port;
}

/** Throws if the port is not available. */
function mustBeFree(name, port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => {
      const why = error.code === "EADDRINUSE" ? "is in use" : `cannot be used (${error.code})`;
      reject(new Failure(`Port ${port} ${why}: choose another port with ${name}=… npm start.`));
    });
    server.listen(port, HOST, () => server.close(resolve));
  });
}

/**
 * Starts a program that serves until it is stopped, and waits until `url` answers. Its output is buffered until `show()`
 * and then printed immediately. `ended` rejects when the program ends for any reason.
 */
async function serve(name, url, command, args) {
  const child = start(command, args, { all: true });
  const lines = [];
  let shown = false;
  createInterface({ input: child.all }).on("line", (text) => {
    lines.push(text);
    if (lines.length > KEPT_LINES) lines.shift();
    if (shown) console.log(`[${name}] ${text}`);
  });
  const failure = (why) => new Failure(`The ${name} ${why}.`, { output: lines.join("\n") });
  const ended = child.then(({ exitCode, shortMessage }) => {
    throw failure(exitCode === undefined ? `failed: ${shortMessage}` : `ended with code ${exitCode}`);
  });
  ended.catch(() => {}); // handled by the callers that await it
  await line(name, async () => {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await Promise.race([answers(url), ended]))) {
      if (Date.now() > deadline) throw failure(`was not ready within ${READY_WITHIN_MS / 1000} s`);
      await setTimeout(100);
    }
  });
  return { ended, show: () => (shown = true) };
}

/** Whether a server answers with a page. */
async function answers(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // not listening yet
  }
}

/** The body of /readyz if the gateway refuses to serve; undefined if it is ready. */
async function unready(url) {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(10_000) });
  const body = await response.text();
  return response.ok ? undefined : body;
}

const startSandbox = (url, port) =>
  serve("sandbox", `${url}/_sandbox/state`, "node", [
    at("pkg", "bin", "cloudauth-edge.js"),
    "sandbox",
    `--port=${port}`,
  ]);

const startGateway = (url, port, { more = [], ...how }) =>
  serve("gateway", `${url}/livez`, "wrangler", [...devArguments({ port, ...how }), ...more]);

await command(
  import.meta,
  async (args) => {
    if (args.length > 1 || (args.length === 1 && args[0] !== "--sandbox"))
      throw new Failure("Usage: npm start [-- --sandbox]");
    // npm does not forward every signal; without npm, this process may outlive the shell.
    if (process.env.npm_lifecycle_event) stopWithParent();
    const port = portFrom("PORT", 8787);
    const sandboxPort = portFrom("SANDBOX_PORT", 8788);
    const hasSettings = existsSync(at(".dev.vars"));
    const real =
      hasSettings && args.length === 0 ? envSettings(at(".dev.vars")).CLOUDAUTH_ENDPOINTS : undefined;
    if (!real && port === sandboxPort) throw new Failure("PORT and SANDBOX_PORT must differ.");
    await mustBeFree("PORT", port);
    if (!real) await mustBeFree("SANDBOX_PORT", sandboxPort);

    await setUp(forBuild);
    await build();

    console.log("start");
    const gatewayUrl = `http://${HOST}:${port}`;
    const sandboxUrl = `http://${HOST}:${sandboxPort}`;
    const children = [];
    let how = { persistTo: at(".wrangler", "state") };
    if (!real) {
      children.push(await startSandbox(sandboxUrl, sandboxPort));
      // The sandbox loses its verifications when it ends, so the ledger must not keep them either.
      const state = mkdtempSync(join(tmpdir(), "cloudauth-edge-start-"));
      process.once("exit", () => rmSync(state, { recursive: true, force: true }));
      how = {
        vars: {
          GATEWAY_MODE: "development",
          CLOUDAUTH_ENDPOINTS: sandboxUrl,
        },
        persistTo: state,
        // Instead of .dev.vars or .env, whose callers and secrets would replace the printed credentials.
        more: [`--env-file=${devNull}`],
      };
    }
    const gateway = await startGateway(gatewayUrl, port, how);
    children.push(gateway);
    const missing = await Promise.race([unready(gatewayUrl), gateway.ended]);

    if (real) {
      console.log(`\nGateway and console  ${gatewayUrl}`);
      console.log(`Upstream             the real service (CLOUDAUTH_ENDPOINTS in .dev.vars): ${real}`);
      console.log("The sandbox is not started. Calls are billed; the callers are those in GATEWAY_CALLERS.");
      console.log("\nPress Ctrl-C to stop.");
    } else {
      if (hasSettings && args.length === 0)
        console.log("\n.dev.vars does not apply: it does not set CLOUDAUTH_ENDPOINTS.");
      console.log(`\n${welcome({ gateway: gatewayUrl, sandbox: sandboxUrl })}`);
    }
    if (missing) console.log(`\nThe gateway refuses to serve:\n${missing}`);
    console.log("");

    for (const child of children) child.show();
    await Promise.race(children.map((child) => child.ended));
  },
  // Stopping it is the normal way to end it.
  { stopCode: 0 },
);
