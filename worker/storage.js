import { stepOn } from "../host/storage.js";

/**
 * @import { DurableObjectStorage } from "@cloudflare/workers-types"
 * @import { Decide, LedgerStorage } from "../host/types.js"
 * @import { Table } from "../host/storage.js"
 */

/**
 * A ledger in the database of its Durable Object.
 *
 * @implements {LedgerStorage}
 */
export class DurableStorage {
  #storage;
  /** @type {Table} */
  #table;

  /** @param {DurableObjectStorage} storage */
  constructor(storage) {
    const { sql } = storage;
    sql.exec("CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
    this.#storage = storage;
    this.#table = {
      get: (key) =>
        /** @type {string | undefined} */ (
          sql.exec("SELECT value FROM rows WHERE key = ?", key).toArray()[0]?.value
        ),
      range: ({ from, to, limit, reverse }) => {
        const order = reverse ? "DESC" : "ASC";
        const query = `SELECT key, value FROM rows WHERE key >= ? AND key < ? ORDER BY key ${order} LIMIT ?`;
        return sql
          .exec(query, from, to, limit)
          .toArray()
          .map(({ key, value }) => [String(key), String(value)]);
      },
      put: (key, value) => sql.exec("INSERT OR REPLACE INTO rows VALUES (?, ?)", key, value),
      remove: (key) => sql.exec("DELETE FROM rows WHERE key = ?", key),
    };
  }

  /**
   * One synchronous transaction. The platform commits the writes of one turn, including the alarm, atomically.
   *
   * @param {Decide} decide
   */
  async step(decide) {
    const commit = this.#storage.transactionSync(() => stepOn(this.#table, decide));
    if (commit.alarm !== null) await this.setAlarm(commit.alarm);
    return commit;
  }

  async alarm() {
    return (await this.#storage.getAlarm()) ?? undefined;
  }

  /** @param {number} at */
  setAlarm(at) {
    return this.#storage.setAlarm(at);
  }
}
