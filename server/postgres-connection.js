/** Connections to PostgreSQL: the driver, and the options and time limits of each connection. */

import { Failure } from "../host/failure.js";

/** @typedef {(text: string, values?: unknown[]) => Promise<Record<string, any>[]>} Query a statement of a transaction */

export const CONNECT_MS = 5_000;
const STATEMENT_MS = 10_000;
/** A process that stops in the middle of a step loses its locks after this time, … */
const IDLE_IN_TRANSACTION_MS = 5_000;
/** … and other processes wait for them longer than that. */
const LOCK_MS = 8_000;
/** The client's own limit, in case the server has stopped. */
const QUERY_MS = 15_000;
/** Sent once a connection stands: a pooler refuses them as parameters of the connection. */
export const LIMITS = `SET statement_timeout = ${STATEMENT_MS}; SET lock_timeout = ${LOCK_MS};
  SET idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`;

/** Loads the optional dependency, which SQLite does not need. */
export async function driver() {
  try {
    return (await import("pg")).default;
  } catch (/** @type {any} */ error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Failure(
      "PostgreSQL needs the npm package pg next to the gateway: npm install pg.",
      "使用 PostgreSQL 需要在网关旁安装 npm 包 pg：npm install pg。",
    );
  }
}

/** @param {string} connectionString */
export function optionsOf(connectionString) {
  return {
    connectionString,
    application_name: "cloudauth-edge-gateway",
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    keepAlive: true,
    /** @param {import("pg").ClientBase} client */
    onConnect: (client) => client.query(LIMITS),
  };
}
