// npm start: serves the gateway and the console in workerd, with the sandbox as the upstream. Environment variables:
// PORT (8787), SANDBOX_PORT (8788).

import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { parseEnv } from "node:util";
import { sandboxKey, welcome } from "../server/welcome.js";
import { build } from "./build.mjs";
import { Failure, start, stopWithParent } from "./lib/process.mjs";
import { command, line } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";
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
 * Starts a program that serves until it is stopped. Its output is buffered until `show()` and then printed immediately.
 * `ended` rejects when the program ends for any reason.
 */
function serve(name, program, args) {
  const child = start(program, args);
  const lines = [];
  let shown = false;
  let onLine = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8").on("data", (chunk) => {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop();
      for (const text of parts) {
        lines.push(text);
        if (lines.length > KEPT_LINES) lines.shift();
        if (shown) console.log(`[${name}] ${text}`);
        onLine(text);
      }
    });
  }
  const ended = new Promise((_, reject) => {
    const fail = (why) => reject(new Failure(`The ${name} ${why}.`, { output: lines.join("\n") }));
    child.once("error", (error) => fail(`did not start (${error.message})`));
    child.once("close", (code, signal) => fail(`ended ${signal ? `by ${signal}` : `with code ${code}`}`));
  });
  ended.catch(() => {}); // handled by the callers that await it
  return {
    ended,
    show: () => (shown = true),
    says: (pattern) => () => new Promise((resolve) => (onLine = (text) => pattern.test(text) && resolve())),
    tooSlow: () =>
      new Failure(`The ${name} was not ready within ${READY_WITHIN_MS / 1000} s.`, {
        output: lines.join("\n"),
      }),
  };
}

/** Waits until `condition(over)` resolves; `over` is aborted when the wait ends. */
async function ready(child, condition) {
  const over = new AbortController();
  const late = new Promise((_, reject) => {
    const timer = setTimeout(() => reject(child.tooSlow()), READY_WITHIN_MS);
    over.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  try {
    await Promise.race([condition(over.signal), child.ended, late]);
  } finally {
    over.abort();
  }
}

const answers = (url) => async (over) => {
  while (!over.aborted) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // not listening yet
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

/** The body of /readyz if the gateway refuses to serve; undefined if it is ready. */
async function unready(url) {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(10_000) });
  const body = await response.text();
  return response.ok ? undefined : body;
}

function startSandbox(port) {
  return serve("sandbox", "node", [at("pkg", "bin", "cloudauth-edge.js"), "sandbox", "--port", String(port)]);
}

function startGateway(port, { vars, persistTo }) {
  return serve("gateway", "wrangler", [
    "dev",
    `--ip=${HOST}`,
    `--port=${port}`,
    // Otherwise, requests have the host name of a route in wrangler.toml.
    "--infer-origin-from-routes=false",
    "--inspector-port=0",
    "--show-interactive-dev-session=false",
    `--persist-to=${persistTo}`,
    ...Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
  ]);
}

await command(
  import.meta,
  async () => {
    // npm does not forward every signal; without npm, this process may outlive the shell.
    if (process.env.npm_lifecycle_event) stopWithParent();
    const port = portFrom("PORT", 8787);
    const sandboxPort = portFrom("SANDBOX_PORT", 8788);
    const devVars = existsSync(at(".dev.vars")) ? parseEnv(readFileSync(at(".dev.vars"), "utf8")) : {};
    const real = devVars.CLOUDAUTH_ENDPOINTS;
    if (!real && port === sandboxPort) throw new Failure("PORT and SANDBOX_PORT must differ.");
    await mustBeFree("PORT", port);
    if (!real) await mustBeFree("SANDBOX_PORT", sandboxPort);

    await setUp(forBuild);
    await build();

    console.log("start");
    const gatewayUrl = `http://${HOST}:${port}`;
    const sandboxUrl = `http://${HOST}:${sandboxPort}`;
    const children = [];
    let how = { vars: {}, persistTo: at(".wrangler", "state") };
    if (!real) {
      const sandbox = startSandbox(sandboxPort);
      children.push(sandbox);
      await line("sandbox", () => ready(sandbox, sandbox.says(new RegExp(`:${sandboxPort}\\b`))));
      // The sandbox loses its verifications when it ends, so the ledger must not keep them either.
      how = {
        vars: {
          GATEWAY_MODE: "development",
          CLOUDAUTH_ENDPOINTS: sandboxUrl,
          CLOUDAUTH_ACCESS_KEY_ID: sandboxKey.id,
          CLOUDAUTH_ACCESS_KEY_SECRET: sandboxKey.secret,
        },
        persistTo: at(".wrangler", "with-sandbox"),
      };
      rmSync(how.persistTo, { recursive: true, force: true });
    }
    const gateway = startGateway(port, how);
    children.push(gateway);
    await line("gateway", () => ready(gateway, answers(`${gatewayUrl}/livez`)));
    const missing = await Promise.race([unready(gatewayUrl), gateway.ended]);

    if (real) {
      console.log(`\nGateway and console  ${gatewayUrl}`);
      console.log(`Upstream             the real service (CLOUDAUTH_ENDPOINTS in .dev.vars): ${real}`);
      console.log("The sandbox is not started. Calls are billed; the callers are those in GATEWAY_CALLERS.");
      console.log("\nPress Ctrl-C to stop.");
    } else {
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
