/** Metrics for Prometheus. No label contains a caller, an order or a person. */

import { createServer } from "node:http";
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { LEDGER_FAILURES } from "../host/log.js";
import { within } from "../pkg/dist/waits.js";

/** @import { Core, LedgerFailure, Store } from "../host/types.js" */

/** Shorter than the time limit of a scrape, which is 10 seconds by default. */
const BACKLOG_MS = 5_000;
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class Metrics {
  #registry = new Registry();
  #requests;
  #duration;
  #calls;
  #failures;
  #store;
  #core;
  #database;
  #backlog;
  #overdue;

  /**
   * @param {Pick<Store, "probe" | "backlog">} store
   * @param {Pick<Core, "pendingDeliveries">} core
   */
  constructor(store, core) {
    this.#store = store;
    this.#core = core;
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({
      name: "cloudauth_gateway_requests_total",
      help: "Requests, by route and by the log's outcome",
      labelNames: ["route", "outcome", "status"],
      registers,
    });
    this.#duration = new Histogram({
      name: "cloudauth_gateway_request_seconds",
      help: "Duration of requests",
      labelNames: ["route"],
      buckets: SECONDS,
      registers,
    });
    this.#calls = new Histogram({
      name: "cloudauth_gateway_upstream_seconds",
      help: "Calls to Alibaba Cloud and webhook deliveries (action Webhook), by HTTP status or reason for no response; crowded: not sent because too many were waiting",
      labelNames: ["action", "result"],
      buckets: SECONDS,
      registers,
    });
    this.#failures = new Counter({
      name: "cloudauth_gateway_failures_total",
      help: "Failures that no response reports, by the first member of their line on standard error",
      labelNames: ["what"],
      registers,
    });
    // The first failure is an increase.
    for (const what of LEDGER_FAILURES) this.#failures.inc({ what }, 0);
    this.#database = new Gauge({
      name: "cloudauth_gateway_database_up",
      help: "1 if the database can be read and written, 0 if not",
      registers,
    });
    this.#backlog = new Gauge({
      name: "cloudauth_gateway_webhook_backlog",
      help: "Pending webhook deliveries; NaN without the database",
      registers,
    });
    this.#overdue = new Gauge({
      name: "cloudauth_gateway_webhook_overdue_seconds",
      help: "How long the first of them has been due; NaN without the database",
      registers,
    });
  }

  /** Sets what the database knows. Without it, the other metrics are still served. */
  async #askDatabase() {
    const now = Date.now();
    const pending = this.#core.pendingDeliveries(now);
    const backlog = (async () => {
      // It also fails if the database cannot be written.
      await this.#store.probe();
      return this.#store.backlog(pending);
    })();
    const { value: found } = await within({ timeoutMillis: BACKLOG_MS }, backlog);
    this.#database.set(found ? 1 : 0);
    this.#backlog.set(found ? found.count : NaN);
    const oldest =
      found?.first === undefined ? now : Number.parseInt(found.first.slice(pending.from.length), 10);
    this.#overdue.set(found ? Math.max(0, now - oldest) / 1000 : NaN);
  }

  /** @param {import("../host/types.js").LogLine} line */
  observe({ route, outcome, status, durationMs }) {
    this.#requests.inc({ route: route ?? "none", outcome, status });
    this.#duration.observe({ route: route ?? "none" }, durationMs / 1000);
  }

  /** @param {import("../host/types.js").ObservedCall} call */
  observeCall({ action, result, millis }) {
    this.#calls.observe({ action, result }, millis / 1000);
  }

  /** @param {LedgerFailure} what */
  observeFailure(what) {
    this.#failures.inc({ what });
  }

  /** Serves /metrics. */
  server() {
    return createServer(async (request, response) => {
      if (request.method !== "GET" || request.url?.split("?")[0] !== "/metrics") {
        response.writeHead(404).end();
        return;
      }
      try {
        await this.#askDatabase();
        const text = await this.#registry.metrics();
        response.writeHead(200, { "content-type": this.#registry.contentType }).end(text);
      } catch {
        response.writeHead(500).end();
      }
    });
  }
}
