/** One ledger in PostgreSQL: its steps and its alarm. */

import { createHash } from "node:crypto";
import { asksOf } from "../host/storage.js";

/**
 * @import { Commit, Decide, LedgerStorage, Load, Loaded, Range } from "../host/types.js"
 * @import { PostgresStore } from "./postgres.js"
 * @import { Query } from "./postgres-connection.js"
 */

/** The channel of notifications: the instance, and the ledger and order that it wakes. */
export const CHANNEL = "cloudauth_edge_wake";

/**
 * The number that identifies a lock in the database.
 *
 * @param {string} name
 */
export const lockKey = (name) => createHash("sha256").update(name).digest().readBigInt64BE(0).toString();

/** @implements {LedgerStorage} */
export class PostgresLedger {
  #store;
  #name;
  #lock;

  /**
   * @param {PostgresStore} store
   * @param {string} name
   */
  constructor(store, name) {
    this.#store = store;
    this.#name = name;
    this.#lock = lockKey(`ledger/${name}`);
  }

  /** @param {Decide} decide */
  async step(decide) {
    const commit = await this.#store.transaction(this.#lock, async (query, others) => {
      const asks = asksOf(decide, others);
      let asked = asks.next();
      while (!asked.done) asked = asks.next(await this.#load(query, asked.value));
      await this.#write(query, asked.value);
      return asked.value;
    });
    if (commit.alarm !== null) this.#store.onAlarm(commit.alarm);
    return commit;
  }

  /**
   * @param {Query} query
   * @param {Load} load
   * @returns {Promise<Loaded>}
   */
  async #load(query, { keys = [], range }) {
    /** @type {Map<string, string>} */
    const found = new Map();
    if (keys.length > 0) {
      const rows = await query("SELECT key, value FROM rows WHERE ledger = $1 AND key = ANY ($2)", [
        this.#name,
        keys,
      ]);
      for (const { key, value } of rows) found.set(key, value);
    }
    return {
      rows: keys.map((key) => [key, found.get(key) ?? null]),
      range: range && (await this.#range(query, range)),
    };
  }

  /**
   * @param {Query} query
   * @param {Range} range
   * @returns {Promise<[key: string, value: string][]>}
   */
  async #range(query, { from, to, limit, reverse }) {
    const rows = await query(
      `SELECT key, value FROM rows WHERE ledger = $1 AND key >= $2 AND key < $3
       ORDER BY key ${reverse ? "DESC" : "ASC"} LIMIT $4`,
      [this.#name, from, to, limit],
    );
    return rows.map(({ key, value }) => [key, value]);
  }

  /**
   * @param {Query} query
   * @param {Commit} commit
   */
  async #write(query, { writes, alarm, wake = [] }) {
    // If a key is written several times, the last write counts.
    const last = new Map(writes);
    /** @type {[gone: string[], keys: string[], values: string[]]} */
    const [gone, keys, values] = [[], [], []];
    for (const [key, value] of last) {
      if (value === null) gone.push(key);
      else if (typeof value !== "string") throw new TypeError("A row's value is text.");
      else {
        keys.push(key);
        values.push(value);
      }
    }
    if (gone.length > 0)
      await query("DELETE FROM rows WHERE ledger = $1 AND key = ANY ($2)", [this.#name, gone]);
    if (keys.length > 0) {
      await query(
        `INSERT INTO rows SELECT $1, * FROM unnest($2::text[], $3::text[])
         ON CONFLICT (ledger, key) DO UPDATE SET value = excluded.value`,
        [this.#name, keys, values],
      );
    }
    if (alarm !== null) await this.#writeAlarm(query, alarm);
    for (const order of wake) {
      const payload = JSON.stringify([this.#store.instance, this.#name, order]);
      await query("SELECT pg_notify($1, $2)", [CHANNEL, payload]);
    }
  }

  /**
   * @param {Query} query
   * @param {number} at
   */
  #writeAlarm(query, at) {
    return query(
      "INSERT INTO alarms (ledger, at) VALUES ($1, $2) ON CONFLICT (ledger) DO UPDATE SET at = excluded.at",
      [this.#name, at],
    );
  }

  alarm() {
    return this.#store.alarmOf(this.#name);
  }

  /** @param {number} at */
  async setAlarm(at) {
    await this.#store.transaction(this.#lock, (query) => this.#writeAlarm(query, at));
    this.#store.onAlarm(at);
  }
}
