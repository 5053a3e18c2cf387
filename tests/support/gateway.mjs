// Starts the gateway on a real host with the sandbox as its upstream: in workerd, or with TEST_GATEWAY_HOST=node as one
// Node process, with TEST_GATEWAY_DATABASE=postgres on PostgreSQL.

import { execFile } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { createSandbox } from "../../pkg/dist/sandbox.js";
import { start } from "../../scripts/lib/process.mjs";
import { at } from "../../scripts/lib/project.mjs";
import { startPostgres } from "../postgres/database.mjs";
import { describedBy } from "./openapi.mjs";
import { address, bareEnv, end, gatewayProgram } from "./programs.mjs";
import { configured, startWorker, workerAddress } from "./wrangler.mjs";

const HOSTS = { worker: workerHost, node: nodeHost };
/** The name of the tested host. */
export const hostName = process.env.TEST_GATEWAY_HOST ?? "worker";
const onPostgres = process.env.TEST_GATEWAY_DATABASE === "postgres";
/** The reason to skip a test on other hosts; false on the named one. */
export const only = (name, why) => hostName !== name && why;

/** Runs the Worker with these settings. */
function workerHost(settings, { state, url, configure = (text) => text, evicting, hostile }) {
  const request = async (path) => {
    const response = await fetch(url() + path);
    if (response.status !== 204) throw new Error(`${path}: ${response.status}`);
  };
  const config = configured(state, (text) => {
    const changed = configure(text);
    return evicting || hostile
      ? changed.replace(`main = "${at("worker.js")}"`, `main = "${at("tests", "support", "evicting.js")}"`)
      : changed;
  });
  return {
    start: (port) => startWorker(config, state, { port, vars: settings }),
    address: workerAddress,
    evict: (caller) => request(`/_evict/${caller}`),
    shiftClock: (millis) => request(`/_clock/${millis}`),
    setFull: (full) => request(`/_${full ? "fill" : "free"}/dev`),
  };
}

/** A disk on which no row has space. What is written without a row still has. */
const FULL_DISK = {
  sqlite: {
    on: "CREATE TRIGGER full BEFORE INSERT ON rows BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    off: "DROP TRIGGER full",
  },
  postgres: {
    on: `CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
         CREATE TRIGGER no_space BEFORE INSERT ON rows FOR EACH ROW EXECUTE FUNCTION no_space()`,
    off: "DROP TRIGGER no_space ON rows; DROP FUNCTION no_space",
  },
};

/** Runs cloudauth-edge-gateway with these settings. Only the end of the process clears its memory. */
function nodeHost(settings, { state, database, evicting, hostile }) {
  const clock = join(state, "clock");
  const shiftClock = (millis) => {
    writeFileSync(`${clock}.next`, String(millis));
    renameSync(`${clock}.next`, clock);
  };
  if (hostile) shiftClock(0);
  const env = {
    ...bareEnv(),
    GATEWAY_METRICS_LISTEN: "127.0.0.1:0",
    GATEWAY_DATABASE: database?.url ?? join(state, "gateway.db"),
    // Short, because a killed process keeps its lease, and a clock that jumps suspends it until it is renewed.
    GATEWAY_LEASE_SECONDS: evicting ? "1" : hostile ? "15" : "60",
    GATEWAY_SHUTDOWN_SECONDS: "3",
    ...(hostile && {
      NODE_OPTIONS: `--import=${at("tests", "support", "shifted-clock.js")}`,
      CLOCK_FILE: clock,
    }),
    ...settings,
  };
  function setFull(full) {
    const { on, off } = FULL_DISK[database ? "postgres" : "sqlite"];
    if (database) return database.sql(full ? on : off, "gateway");
    const db = new DatabaseSync(env.GATEWAY_DATABASE, { timeout: 60_000 });
    db.exec(full ? on : off);
    return db.close();
  }
  return {
    // In a folder without a .env file.
    start: (port) =>
      start("node", [gatewayProgram], { env: { GATEWAY_LISTEN: `127.0.0.1:${port}`, ...env }, cwd: state }),
    address: (child) => address(child, /^\{"listening":"(http:[^"]+)"/m),
    shiftClock,
    setFull,
  };
}

/** Starts a PostgreSQL server in the folder of a gateway's state, which the server's user must be able to enter. */
function postgresIn(state) {
  chmodSync(state, 0o711);
  return startPostgres(join(state, "pg"));
}

/**
 * Starts the gateway with these settings.
 *
 * @param {Record<string, string>} settings
 * @param {{ configure?: (text: string) => string, evicting?: boolean, hostile?: boolean, on?: keyof HOSTS, shared?: object }} [options]
 *   changes wrangler.toml; whether `evict` ends what is in memory in the middle of whatever it does, and a call that this
 *   meets is made again; whether `shiftClock` changes the host's clock, and `setFull` its disk; the host; a PostgreSQL
 *   server that outlives it
 * @returns {Promise<{ url: string, call: Function, state: string, logs: () => object[], output: () => string, restart:
 *   () => Promise<void>, evict: (caller: string) => Promise<void>, close: () => Promise<void> }>}
 */
export async function startGateway(
  settings,
  { configure, evicting = false, hostile = false, on = hostName, shared } = {},
) {
  const state = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  const own = on === "node" && onPostgres && !shared ? await postgresIn(state) : undefined;
  const database = shared ?? own;
  let url;
  const host = HOSTS[on](settings, { state, url: () => url, configure, evicting, hostile, database });
  const printed = new EventEmitter();
  const lines = [];
  let child;
  /** Resolves when it serves again. */
  let back;
  /** Whether a process that ends is followed by another one. */
  let supervised = false;

  async function run() {
    // A process that takes another's place has its port.
    const started = host.start(url ? new URL(url).port : 0);
    child = started;
    // It can also end by itself: under load, it may lose its lease.
    started.once("close", () => {
      if (supervised) back = run();
    });
    for (const input of [started.stdout, started.stderr])
      createInterface({ input }).on("line", (line) => {
        lines.push(line);
        printed.emit("line");
      });
    url = await host.address(started);
  }

  try {
    await run();
  } catch (error) {
    await end(child);
    await own?.close();
    throw error;
  }

  const openapi = await fetch(`${url}/openapi.json`);
  const conforms = describedBy(await openapi.json());

  supervised = evicting;

  /** The process ends, and another one takes its place. */
  async function replaced(ending) {
    await back;
    const ended = child.exitCode === null && child.signalCode === null && once(child, "close");
    if (ended) {
      await ending(child);
      await ended;
    }
    if (!supervised) back = run();
    await back;
  }

  /** It ends at once. */
  const kill = () => replaced(({ pid }) => process.kill(-pid, "SIGKILL"));

  /** It stands still until `overdue` resolves, and then ends by itself. */
  const stall = (overdue) =>
    replaced(async ({ pid }) => {
      process.kill(-pid, "SIGSTOP");
      await overdue().finally(() => process.kill(-pid, "SIGCONT"));
    });

  /** Ends it without another one in its place. */
  async function stop() {
    supervised = false;
    await back?.catch(() => {});
    await end(child);
  }

  /**
   * Repeats a request as the Worker does after a reset of the ledger: a start that may have been sent is not sent
   * again.
   */
  async function sent(path, { signal, ...init }) {
    try {
      const response = await fetch(url + path, { ...init, signal: signal ?? AbortSignal.timeout(60_000) });
      return { response, text: await response.text() };
    } catch (error) {
      if (!evicting || error.name !== "TypeError") throw error;
      await back;
      return sent(path.replace("?restartUnknown=true", ""), { signal, ...init });
    }
  }

  return {
    url,
    /**
     * Sends a request, by default with the development token; returns the response with its body, after checking it
     * against the OpenAPI description.
     */
    async call(method, path, { token = "dev-token", body, headers = {}, raw, signal } = {}) {
      const { response, text } = await sent(path, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
        duplex: "half",
        signal,
      });
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
    /** The folder that contains the ledgers. */
    state,
    /** Everything that was printed. */
    output: () => lines.join("\n"),
    /** Resolves when the pattern has been printed. */
    async prints(pattern) {
      while (!lines.some((line) => pattern.test(line))) await once(printed, "line");
    },
    /** The URL of the metrics, if the host has them. */
    get metrics() {
      return JSON.parse(lines.findLast((line) => line.startsWith('{"listening"'))).metrics;
    },
    /** Sends the host a signal; resolves to its exit code. */
    async signal(name) {
      const closed = once(child, "close");
      child.kill(name);
      const [code] = await closed;
      return code;
    },
    /** Ends a caller's ledger as the platform may, at any point; written rows remain. */
    evict: host.evict ?? kill,
    /** Sets the host's clock apart from the machine's by these milliseconds. */
    shiftClock: host.shiftClock,
    /** Makes every write of a row fail as on a full disk, or succeed again. */
    setFull: host.setFull,
    stall,
    /** The name of the instance in the database, if the host can have several. */
    get instance() {
      return JSON.parse(lines.findLast((line) => line.startsWith('{"listening"'))).instance;
    },
    /** Ends the host and starts it again with the same state, or with what `meanwhile` makes of it. */
    async restart(meanwhile) {
      await stop();
      await meanwhile?.();
      await run();
      supervised = evicting;
    },
    async close() {
      await stop();
      await own?.close();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** Starts a sandbox that listens, and a gateway in front of it. */
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

/** The output of an operator's command with only these settings, and those in the files of a folder. */
export async function operator(args, settings, cwd = tmpdir()) {
  const program = hostName === "node" ? gatewayProgram : at("scripts", "gateway.mjs");
  const env = { ...bareEnv(), ...settings };
  try {
    return (await promisify(execFile)("node", [program, ...args], { env, cwd })).stdout;
  } catch (error) {
    return error.stderr;
  }
}
