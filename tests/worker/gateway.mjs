// The gateway in the real workerd, with the sandbox as its upstream, for the tests of this folder.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createSandbox } from "../../pkg/sandbox.js";
import { start } from "../../scripts/lib/process.mjs";
import { at, projectEnv } from "../../scripts/lib/project.mjs";
import { describedBy } from "./openapi.mjs";

const READY_WITHIN_MS = 60_000;
const HOST = "127.0.0.1";

export async function freePort() {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Ends a process group, politely and then for certain. */
async function end(child) {
  const closed = once(child, "close");
  if (child.exitCode === null && child.signalCode === null) {
    process.kill(-child.pid, "SIGTERM");
    const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), 5_000);
    await closed;
    clearTimeout(timer);
  }
}

/**
 * Starts `wrangler dev` with these settings.
 *
 * @param {Record<string, string>} settings
 * @param {{ config?: string }} [options] another wrangler.toml
 * @returns {Promise<{ url: string, call: Function, state: string, logs: () => object[], output: () => string, restart: () => Promise<void>, close: () => Promise<void> }>}
 */
export async function startGateway(settings, { config } = {}) {
  const state = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  const port = await freePort();
  const url = `http://${HOST}:${port}`;
  let lines = [];
  let child;

  async function run() {
    child = start("wrangler", [
      "dev",
      ...(config ? [`--config=${config}`] : []),
      `--ip=${HOST}`,
      `--port=${port}`,
      "--inspector-port=0",
      "--show-interactive-dev-session=false",
      `--persist-to=${state}`,
      ...Object.entries(settings).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ]);
    for (const stream of [child.stdout, child.stderr]) {
      let rest = "";
      stream.setEncoding("utf8").on("data", (chunk) => {
        const parts = (rest + chunk).split("\n");
        rest = parts.pop();
        lines.push(...parts);
      });
    }
    let ended = false;
    child.once("close", () => (ended = true));
    const deadline = Date.now() + READY_WITHIN_MS;
    for (;;) {
      if (ended || Date.now() > deadline) {
        throw new Error(`The gateway did not start:\n${lines.join("\n")}`);
      }
      try {
        const response = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(2_000) });
        await response.body?.cancel();
        if (response.ok) return;
      } catch {
        // Not listening yet.
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  try {
    await run();
  } catch (error) {
    await end(child);
    throw error;
  }

  const openapi = await fetch(`${url}/openapi.json`);
  const conforms = describedBy(await openapi.json());

  return {
    url,
    /**
     * A request with the development token unless told otherwise; the answer with its body read, and held
     * against the OpenAPI description.
     */
    async call(method, path, { token = "dev-token", body, headers = {}, raw, signal } = {}) {
      const response = await fetch(url + path, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
        duplex: "half",
        signal: signal ?? AbortSignal.timeout(60_000),
      });
      const text = await response.text();
      const type = response.headers.get("content-type") ?? "";
      const answer = {
        status: response.status,
        headers: response.headers,
        text,
        json: type.includes("json") && text !== "" ? JSON.parse(text) : undefined,
      };
      conforms({ method, path, ...answer });
      return answer;
    },
    /** The gateway's own log lines. */
    logs: () => lines.filter((line) => line.startsWith('{"requestId"')).map((line) => JSON.parse(line)),
    /** The folder in which workerd keeps the Durable Objects. */
    state,
    /** Everything that was printed. */
    output: () => lines.join("\n"),
    /** Ends workerd and starts it again with the same state. */
    async restart() {
      await end(child);
      await run();
    },
    async close() {
      await end(child);
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/**
 * Another wrangler.toml, whose paths lead to this project's files.
 *
 * @param {string} folder where to write it
 * @param {(text: string) => string} change
 */
export function configured(folder, change) {
  const text = readFileSync(at("wrangler.toml"), "utf8")
    .replace('main = "', `main = "${at()}/`)
    .replace('directory = "./', `directory = "${at()}/`);
  const file = join(folder, "wrangler.toml");
  writeFileSync(file, change(text));
  return file;
}

/** wrangler.toml with every binding that is commented out in it. */
export function everything(text) {
  const full = text.replace(/^# (?=\[\[|\w+ = )/gm, "");
  for (const binding of ["RATE_LIMITER", "METRICS"]) {
    if (!new RegExp(`^\\w+ = "${binding}"`, "m").test(full))
      throw new Error(`no ${binding} in wrangler.toml`);
  }
  return full;
}

/** A sandbox that listens, and a gateway in front of it. */
export async function startBoth(settings = {}, options) {
  const sandbox = createSandbox();
  const { url: endpoint } = await sandbox.listen();
  try {
    const gateway = await startGateway(
      { GATEWAY_MODE: "development", CLOUDAUTH_ENDPOINTS: endpoint, ...settings },
      options,
    );
    return {
      sandbox,
      endpoint,
      gateway,
      async close() {
        await gateway.close();
        await sandbox.close();
      },
    };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

/** What an operator's command prints, with only these settings. */
export async function operator(args, settings) {
  const others = Object.entries(projectEnv()).filter(([name]) => !/^(GATEWAY|CLOUDAUTH)_/.test(name));
  const env = { ...Object.fromEntries(others), ...settings };
  try {
    return (await promisify(execFile)("node", [at("scripts", "gateway.mjs"), ...args], { env })).stdout;
  } catch (error) {
    return error.stderr;
  }
}

/** xorshift32: the same choices at every run, as far as the order of events allows. */
export function seeded(seed) {
  let state = seed;
  return (count) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % count;
  };
}

let orders = 0;

/** Alibaba Cloud document's own sample values, under another order number each time. */
export function sample(changes = {}) {
  orders += 1;
  return {
    outerOrderNo: `e0c34a77f5ac40a5aa5e${String(orders).padStart(12, "0")}`,
    userId: "123456789",
    certName: "张三",
    certNo: "11010519491231002X",
    metaInfo: '{"zimVer":"3.0.0","appVersion": "1","deviceType": "ios","osVersion": "iOS 10.3.2"}',
    ...changes,
  };
}

/** Acts as the phone. */
export async function submit(endpoint, certifyId, outcome) {
  const response = await fetch(`${endpoint}/_sandbox/verifications/${certifyId}/submit`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ outcome }),
  });
  if (!response.ok) throw new Error(`submit: ${response.status} ${await response.text()}`);
}
