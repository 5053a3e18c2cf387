/** The gateway as one Node process. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadCore, settingsText } from "../host/core.js";
import { LedgerRunner } from "../host/ledger.js";
import { logFailure } from "../host/log.js";
import { MODE } from "../host/operator.js";
import { nodeTransport } from "../pkg/dist/transport-node.js";
import { within } from "../pkg/dist/waits.js";
import { Alarms } from "./alarms.js";
import { consoleIn } from "./console.js";
import { httpServer, listen } from "./http.js";
import { Metrics } from "./metrics.js";
import { isPostgres } from "./settings.js";

/**
 * @import { Core, LedgerHost, Routed, Store } from "../host/types.js"
 * @import { Send } from "../pkg/dist/transport.js"
 * @import { Own } from "./settings.js"
 */

/**
 * A file that the build places next to this module's bundle.
 *
 * @param {string} name
 */
const built = (name) => new URL(name, import.meta.url);

export const loadedCore = () => loadCore(readFileSync(built("gateway.wasm")));

/**
 * Starts the gateway.
 *
 * @param {{ variables: NodeJS.Dict<string>, own: Own, mode?: string | undefined }} settings `mode` if verifications are
 *   simulated
 * @returns {Promise<{ url: string, metricsUrl: string | undefined, instance: string | undefined, database: string,
 *   created: boolean, stop: () => Promise<boolean>, lost: Promise<void> }>} `database` names it without its user and
 *   password; `created`: it is new. `stop` completes what has begun; false if GATEWAY_SHUTDOWN_SECONDS are over first. `lost` resolves when another instance has
 *   taken over: the process must end
 */
export async function startGateway({ variables, own, mode }) {
  const core = loadedCore();
  const settings = settingsText(variables);
  const files = { "openapi.json": readFileSync(built("openapi.json"), "utf8") };
  const pageAt = consoleIn(fileURLToPath(built("console")));
  const store = await openStore(own);
  const metrics = new Metrics(store, core);
  const transport = /** @type {Send} */ (nodeTransport());
  let stopping = false;

  /** @type {LedgerHost} */
  const ledgerHost = {
    core,
    settings: () => settings,
    instance: store.instance ?? crypto.randomUUID(),
    pollMillis: store.pollMillis,
    turn: pacer(core, settings, store),
    mustHoldLease: () => store.mustHoldLease?.(),
    send(request, limits) {
      store.mustHoldLease?.();
      return transport(request, limits);
    },
    observeCall: (call) => metrics.observeCall(call),
    observeFailure: (failure) => metrics.observeFailure(failure),
    stopping: () => stopping,
  };
  /** @type {Map<string, LedgerRunner>} */
  const ledgers = new Map();
  const ledger = (/** @type {string} */ caller) => {
    const known = ledgers.get(caller);
    if (known) return known;
    const runner = new LedgerRunner(ledgerHost, store.ledger(caller), caller);
    ledgers.set(caller, runner);
    return runner;
  };
  const alarms = new Alarms(store, (caller) => ledger(caller).alarm(), ledgerHost.observeFailure);
  /** @type {Promise<void>} */
  const lost = new Promise((resolve) => {
    store.onLost = resolve;
  });
  store.onAlarm = (at) => alarms.arm(at);
  store.onWake = (caller, order) => ledgers.get(caller)?.wake(order);
  /** @type {Set<Promise<unknown>>} */
  const running = new Set();

  /**
   * Checks the database for /readyz; the core checks the settings.
   *
   * @param {Routed} routed
   */
  async function unable({ route, then }) {
    if (route !== "readyz" || then.type !== "reply" || then.reply.status !== 200) return undefined;
    try {
      await store.probe();
      return undefined;
    } catch {
      return "unavailable";
    }
  }

  const { server, release } = httpServer(
    ({ path, headers }, disconnected) => ({
      core,
      settings,
      files,
      unable,
      run(caller, task) {
        const work = ledger(caller)
          .run(task, disconnected)
          .then((done) => {
            store.mustHoldLease?.();
            return done;
          });
        const ended = work.catch(() => {}).finally(() => running.delete(ended));
        running.add(ended);
        return work;
      },
      page: async () => pageAt(path, headers.find(([name]) => name === "accept-encoding")?.[1]),
      // The rate limit is left to the reverse proxy.
      mayGoOn: async () => true,
      observe(line) {
        console.log(JSON.stringify(line));
        metrics.observe(line);
      },
    }),
    own.GATEWAY_TRUSTED_PROXIES,
    () => stopping,
    mode === undefined ? [] : [[MODE, mode]],
  );
  const metricsServer = own.GATEWAY_METRICS_LISTEN && metrics.server();
  let url, metricsUrl;
  try {
    // Last comes the public address: no request arrives at a gateway that then does not start.
    if (metricsServer && own.GATEWAY_METRICS_LISTEN)
      metricsUrl = await listen(metricsServer, own.GATEWAY_METRICS_LISTEN);
    url = await listen(server, own.GATEWAY_LISTEN);
  } catch (error) {
    metricsServer?.close();
    metricsServer?.closeAllConnections();
    await store.close();
    throw error;
  }
  alarms.arm();
  followSettings().catch((/** @type {any} */ error) => logFailure({ settings: "not compared" }, error));

  /** Lets the ledgers without requests follow changed settings, too. */
  async function followSettings() {
    for (const caller of await store.alarmed()) {
      if (stopping) return;
      await ledger(caller).compareAlarm();
    }
  }

  async function stop() {
    stopping = true;
    const closed = new Promise((resolve) => server.close(resolve));
    release();
    const ended = (async () => {
      await closed;
      await Promise.all(running);
      await alarms.stop();
      return true;
    })();
    const { value: inTime = false } = await within(
      { timeoutMillis: own.GATEWAY_SHUTDOWN_SECONDS * 1000 },
      ended,
    );
    server.closeAllConnections();
    metricsServer?.close();
    metricsServer?.closeAllConnections();
    await store.close();
    return inTime;
  }

  const { instance, place: database, created } = store;
  return { url, metricsUrl, instance, database, created, stop, lost };
}

/**
 * Opens the store that GATEWAY_DATABASE names. Only its driver is loaded.
 *
 * @param {Own} own
 * @returns {Promise<Store>}
 */
async function openStore({ GATEWAY_DATABASE: database, GATEWAY_LEASE_SECONDS: leaseSeconds }) {
  if (isPostgres(database)) {
    const { PostgresStore } = await import("./postgres.js");
    return PostgresStore.open(database, { leaseSeconds });
  }
  const { SqliteStore } = await import("./sqlite.js");
  return new SqliteStore(database);
}

/**
 * Limits the rate of calls to Alibaba Cloud, over all callers and instances together.
 *
 * @param {Core} core
 * @param {string} settings
 * @param {Store} store
 * @returns {LedgerHost["turn"]}
 */
function pacer(core, settings, store) {
  if (store.turn) {
    return async (action, call) => {
      const turn = await store.turn?.(action, (freeAt, now) => core.turn(settings, freeAt, call, now));
      return turn?.waitMillis ?? null;
    };
  }
  /** @type {Map<string, number>} */
  const freeAt = new Map();
  return async (action, call) => {
    const turn = core.turn(settings, freeAt.get(action) ?? 0, call);
    if (turn) freeAt.set(action, turn.freeAt);
    return turn?.waitMillis ?? null;
  };
}
