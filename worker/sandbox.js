/** The sandbox as a Worker for a team: one Durable Object holds the whole state. */

import { DurableObject } from "cloudflare:workers";
import { internalError } from "../pkg/dist/sandbox-host.js";
import { createSandbox } from "../pkg/dist/sandbox-workerd.js";

/**
 * @import { DurableObjectState, SqlStorage } from "@cloudflare/workers-types"
 * @import { SandboxStore } from "../pkg/dist/sandbox-types.js"
 * @import { Namespace } from "./durable-object.js"
 *
 * @typedef {object} Env
 * @property {string} [SANDBOX_ACCOUNTS]
 * @property {string} [SANDBOX_CONTROL_TOKEN]
 * @property {Namespace<{ fetch(request: Request): Promise<Response> }>} SANDBOX
 */

/** The newest verifications are kept: a list of them must fit into the memory of a Durable Object. */
const MAX_VERIFICATIONS = 10_000;
const TRIM_EVERY = 1024;

/** @extends {DurableObject<Env>} */
export class SandboxState extends DurableObject {
  #sandbox;

  /**
   * @param {DurableObjectState} ctx
   * @param {Env} env
   */
  constructor(ctx, env) {
    super(ctx, env);
    this.#sandbox = createSandbox({
      accounts:
        env.SANDBOX_ACCOUNTS === undefined
          ? undefined
          : JSON.parse(env.SANDBOX_ACCOUNTS.replace(/^\uFEFF/, "")),
      // On the public internet, the control API is closed until its token is set.
      controlToken: env.SANDBOX_CONTROL_TOKEN ?? "",
      store: new SqlStore(ctx.storage.sql),
    });
  }

  /** @param {Request} request */
  async fetch(request) {
    try {
      return await this.#sandbox.fetch(request);
    } catch (/** @type {any} */ error) {
      // The client sees the platform's error page instead of a reset connection.
      if (error.cause?.code === "ECONNRESET" || request.signal.aborted) throw error;
      const { status, headers, body } = internalError(error);
      return new Response(body, { status, headers });
    }
  }
}

/**
 * The sandbox's rows in the Durable Object's database.
 *
 * @implements {SandboxStore}
 */
class SqlStore {
  #sql;
  #puts = 0;

  /** @param {SqlStorage} sql */
  constructor(sql) {
    this.#sql = sql;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER) WITHOUT ROWID",
    );
    sql.exec("CREATE INDEX IF NOT EXISTS by_expiry ON rows (expires_at)");
  }

  /** @param {string} key */
  get(key) {
    const [row] = this.#sql.exec("SELECT value FROM rows WHERE key = ?", key).toArray();
    return row ? String(row.value) : null;
  }

  /**
   * @param {string} prefix
   * @returns {[string, string][]}
   */
  list(prefix) {
    const rows = this.#sql.exec(
      "SELECT key, value FROM rows WHERE substr(key, 1, ?) = ?",
      prefix.length,
      prefix,
    );
    return rows.toArray().map(({ key, value }) => [String(key), String(value)]);
  }

  /**
   * @param {string} key
   * @param {string} value
   * @param {number | null} expiresAt
   * @param {number} now
   */
  put(key, value, expiresAt, now) {
    this.#sql.exec("DELETE FROM rows WHERE expires_at <= ?", now);
    this.#sql.exec("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", key, value, expiresAt);
    if (this.#puts++ % TRIM_EVERY === 0) this.#trim();
  }

  /** The newest verifications expire last. */
  #trim() {
    this.#sql.exec(
      "DELETE FROM rows WHERE key LIKE 'verification/%' AND expires_at < (SELECT expires_at FROM rows WHERE key LIKE 'verification/%' ORDER BY expires_at DESC LIMIT 1 OFFSET ?)",
      MAX_VERIFICATIONS - 1,
    );
  }

  clear() {
    this.#sql.exec("DELETE FROM rows");
  }
}

export default {
  /**
   * @param {Request} request
   * @param {Env} env
   */
  fetch(request, env) {
    return env.SANDBOX.get(env.SANDBOX.idFromName("shared")).fetch(request);
  },
};
