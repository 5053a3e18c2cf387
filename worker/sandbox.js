/** The sandbox as a Worker for a team: one Durable Object holds the whole state. */

import { DurableObject } from "cloudflare:workers";
import { internalError } from "../pkg/dist/sandbox-host.js";
import { createSandbox } from "../pkg/dist/sandbox-workerd.js";

export class SandboxState extends DurableObject {
  #sandbox;

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

  async fetch(request) {
    try {
      return await this.#sandbox.fetch(request);
    } catch (error) {
      // The client sees the platform's error page instead of a reset connection.
      if (error.cause?.code === "ECONNRESET" || request.signal.aborted) throw error;
      const { status, headers, body } = internalError(error);
      return new Response(body, { status, headers });
    }
  }
}

/** The sandbox's rows in the Durable Object's database. */
class SqlStore {
  #sql;

  constructor(sql) {
    this.#sql = sql;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER) WITHOUT ROWID",
    );
    sql.exec("CREATE INDEX IF NOT EXISTS by_expiry ON rows (expires_at)");
  }

  get(key) {
    return this.#sql.exec("SELECT value FROM rows WHERE key = ?", key).toArray()[0]?.value ?? null;
  }

  list(prefix) {
    const rows = this.#sql.exec(
      "SELECT key, value FROM rows WHERE substr(key, 1, ?) = ?",
      prefix.length,
      prefix,
    );
    return rows.toArray().map(({ key, value }) => [key, value]);
  }

  put(key, value, expiresAt, now) {
    this.#sql.exec("DELETE FROM rows WHERE expires_at <= ?", now);
    this.#sql.exec("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", key, value, expiresAt);
  }

  clear() {
    this.#sql.exec("DELETE FROM rows");
  }
}

export default {
  fetch(request, env) {
    return env.SANDBOX.get(env.SANDBOX.idFromName("shared")).fetch(request);
  },
};
