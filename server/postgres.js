/** Ledgers in a PostgreSQL database that several processes use at the same time. */

import { createHash, randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../host/failure.js";
import { asksOf } from "../host/storage.js";

/**
 * @import { Client, Pool, PoolClient, QueryResult } from "pg"
 * @import { Commit, Decide, LedgerStorage, Load, Loaded, PendingDeliveries, Range, Store, Turn } from "../host/types.js"
 *
 * @typedef {Record<string, any>[]} Rows
 *
 * @typedef {(text: string, values?: unknown[]) => Promise<Rows>} Query
 *
 * @typedef {{ clock: number, monotonic: number }} Moments
 *
 * @typedef {object} Attempt
 * @property {boolean} committing whether COMMIT was sent
 * @property {string | null} [xid] of the transaction; null if it wrote nothing
 * @property {string | null} [epoch]
 * @property {any} [result]
 */

/** Connections of one instance, in addition to the one that renews its lease. */
const POOL_MAX = 10;
const CONNECT_MS = 5_000;
const STATEMENT_MS = 10_000;
/** A process that stops in the middle of a step loses its locks after this time, … */
const IDLE_IN_TRANSACTION_MS = 5_000;
/** … and other processes wait for them longer than that. */
const LOCK_MS = 8_000;
/** The client's own limit, in case the server has stopped. */
const QUERY_MS = 15_000;
/** How long a step is repeated when the database fails. */
const REPEAT_MS = 20_000;
const REPEAT_PAUSE_MS = 200;
/** How long closing waits for a database that does not respond. */
const CLOSE_MS = 2_000;
/** Covers a lost notification. */
const POLL_MS = 1_000;
/** How long a notification may take that this instance sends itself. */
const HEAR_MS = 5_000;
const CHANNEL = "cloudauth_edge_wake";
/** How long a renewal of a short lease may take. */
const PATIENCE_MIN_MS = 1_000;
/** Sent once a connection stands: a pooler refuses them as parameters of the connection. */
const LIMITS = `SET statement_timeout = ${STATEMENT_MS}; SET lock_timeout = ${LOCK_MS};
  SET idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`;
/** Maximum number of alarms that one instance takes at a time. */
const ALARMS_MAX = 16;
/** "CAEG" */
const MIGRATION_LOCK = 0x43414547;

/** The migrations, in order. Their number is the schema version; a later version is refused. */
const MIGRATIONS = [
  `CREATE TABLE rows (ledger text COLLATE "C", key text COLLATE "C", value text NOT NULL, PRIMARY KEY (ledger, key));
   CREATE TABLE alarms (ledger text COLLATE "C" PRIMARY KEY, at bigint, instance bigint);
   CREATE INDEX alarms_at ON alarms (at) WHERE at IS NOT NULL;
   CREATE TABLE instances (id bigint PRIMARY KEY, seen timestamptz NOT NULL);
   CREATE TABLE pace (action text COLLATE "C" PRIMARY KEY, free_at bigint NOT NULL);`,
  // PostgreSQL empties an unlogged table after a crash, the promotion of a standby and a restore.
  "CREATE UNLOGGED TABLE epoch (one integer PRIMARY KEY CHECK (one = 1), id uuid NOT NULL);",
];
const TABLES = ["rows", "alarms", "instances", "pace", "epoch"];

/** Errors after which the whole transaction can be repeated, because none of it was written. */
const REPEATABLE = new Set([
  "40001", // serialization_failure
  "40P01", // deadlock_detected
  "55P03", // lock_not_available
  "25P03", // idle_in_transaction_session_timeout
  "25006", // read_only_sql_transaction: a standby before its promotion
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now
  "53300", // too_many_connections
]);

/**
 * A number that identifies a lock in the database.
 *
 * @param {Buffer} bytes
 */
const lockKey = (bytes) => bytes.readBigInt64BE(0).toString();
/** In another epoch, the number of a transaction that was lost with the last one can belong to another transaction. */
const EPOCH = "(SELECT id FROM epoch) AS epoch";
const XID_IN_FUTURE = "22023";

/** The instance's lease has expired: another instance may have taken over its work. */
export class LeaseLost extends Error {
  name = "LeaseLost";
}

/** @implements {Store} */
export class PostgresStore {
  /** @type {Pool} */
  #pool;
  /** The last transaction of each lock. @type {Map<string, Promise<unknown>>} */
  #last = new Map();
  /** @type {typeof Client} */
  #Client;
  #options;
  #leaseMs;
  #id = lockKey(randomBytes(8));
  /** The connection that renews the lease and receives notifications. @type {Client | undefined} */
  #line;
  /** @type {Promise<void> | undefined} */
  #beating;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #closed = false;
  #lost = false;
  /** When the last renewal began, by the clock and by the monotonic clock. @type {Moments} */
  #renewed = { clock: -Infinity, monotonic: -Infinity };
  /** Since when all renewals succeeded. @type {number | undefined} */
  #steadySince;
  /** How often a waiting task and an idle alarm look at the database. */
  pollMillis = POLL_MS;
  /** @type {Store["onAlarm"]} */
  onAlarm = () => {};
  /** @type {NonNullable<Store["onWake"]>} */
  onWake = () => {};
  /** Called when a notification of this instance itself arrives. */
  #onEcho = () => {};
  /** Called once, when the lease is lost: the process must end. @type {() => void} */
  onLost = () => {};

  /**
   * @param {Pick<typeof import("pg"), "Client" | "Pool">} pg
   * @param {string} url
   * @param {number} leaseMs
   */
  constructor(pg, url, leaseMs) {
    this.#leaseMs = leaseMs;
    this.#Client = pg.Client;
    this.#options = optionsOf(url);
    this.#pool = new pg.Pool({ ...this.#options, max: POOL_MAX, idleTimeoutMillis: 60_000 });
  }

  /**
   * Connects, migrates the database and takes a lease.
   *
   * @param {string} url the connection string
   * @param {{ leaseSeconds: number }} options
   */
  static async open(url, { leaseSeconds }) {
    const { default: pg } = await driver();
    const store = new PostgresStore(pg, url, leaseSeconds * 1_000);
    // A connection that breaks is replaced when it is needed, and a query on it fails.
    store.#pool.on("error", () => {});
    store.#pool.on("connect", (client) => client.on("error", () => {}));
    try {
      await store.#mustHear();
      await migrated(store.#pool);
      const now = moments();
      await store.#pool.query("INSERT INTO instances VALUES ($1, clock_timestamp())", [store.#id]);
      store.#renewed = now;
      // The first renewal reports why it fails; later ones are repeated.
      await store.#renew();
      if (store.#lost) throw lostAtStart();
      store.#beatIn(store.#leaseMs / 3);
    } catch (error) {
      await store.close();
      throw error instanceof Failure ? error : unusable(error);
    }
    return store;
  }

  /** The name of this instance in the ledgers. */
  get instance() {
    return this.#id;
  }

  /**
   * @param {string} name
   * @returns {LedgerStorage} a caller's ledger
   */
  ledger(name) {
    return new PostgresLedger(this, name);
  }

  /** Throws if this instance may have lost its lease. Other instances may then treat its calls as ended. */
  mustHoldLease() {
    const now = moments();
    const age = Math.max(now.clock - this.#renewed.clock, now.monotonic - this.#renewed.monotonic);
    if (this.#closed || this.#lost || age >= this.#leaseMs)
      throw new LeaseLost("The lease of this instance is over.");
  }

  /**
   * Performs `work` in one transaction, which only a live instance can commit; transactions with the same lock run one
   * at a time.
   *
   * The locks are advisory locks of the transaction: they need no row, write nothing, and end with the connection.
   * Each statement sees what was committed before it began (READ COMMITTED), so what is read after the lock includes
   * everything that earlier holders of the lock committed. `instances` is read after the lock for the same reason: it
   * has every instance whose rows this transaction can see.
   *
   * @template T
   * @param {string | undefined} lock
   * @param {(query: Query, others: string[]) => Promise<T>} work
   * @returns {Promise<T>} when it is committed; a transaction that provably was not is repeated
   */
  transaction(lock, work) {
    const until = performance.now() + REPEAT_MS;
    if (lock === undefined) return this.#repeated(until, lock, work);
    // Transactions that wait for a lock hold no connection, so those with other locks have the pool.
    const done = (this.#last.get(lock) ?? Promise.resolve()).then(() => {
      // Those before have no later limit, so this one ends at most an attempt after its own.
      if (performance.now() >= until) throw new Error("A step has waited too long for those before it.");
      return this.#repeated(until, lock, work);
    });
    const ended = done
      .catch(() => {})
      .then(() => {
        if (this.#last.get(lock) === ended) this.#last.delete(lock);
      });
    this.#last.set(lock, ended);
    return done;
  }

  /**
   * @template T
   * @param {number} until
   * @param {string | undefined} lock
   * @param {(query: Query, others: string[]) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #repeated(until, lock, work) {
    for (;;) {
      /** @type {Attempt} */
      const attempt = { committing: false };
      try {
        return await this.#attempt(attempt, lock, work);
      } catch (error) {
        if (attempt.committing && attempt.xid) {
          if (await this.#isCommitted(attempt, until)) return attempt.result;
        } else if (!isRepeatable(error)) throw error;
        if (performance.now() >= until || this.#closed) throw error;
        await pause(REPEAT_PAUSE_MS);
      }
    }
  }

  /**
   * @template T
   * @param {Attempt} attempt
   * @param {string | undefined} lock
   * @param {(query: Query, others: string[]) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #attempt(attempt, lock, work) {
    const client = await this.#pool.connect();
    let broken = true;
    /** @type {Query} */
    const query = async (text, values) => (await client.query(text, values)).rows;
    try {
      // A single round trip; the number comes from this program.
      const results = /** @type {QueryResult[]} */ (
        /** @type {unknown} */ (
          await client.query(
            "BEGIN ISOLATION LEVEL READ COMMITTED;" +
              (lock === undefined ? "" : `SELECT pg_advisory_xact_lock(${lock});`) +
              "SELECT id FROM instances",
          )
        )
      );
      /** @type {string[]} */
      const live = results.at(-1)?.rows.map(({ id }) => id) ?? [];
      if (!live.includes(this.#id)) {
        this.#lose();
        throw new LeaseLost("Another instance has ended the lease of this one.");
      }
      attempt.result = await work(
        query,
        live.filter((id) => id !== this.#id),
      );
      const [{ xid, epoch } = {}] = await query(
        `SELECT pg_current_xact_id_if_assigned()::text AS xid, ${EPOCH}`,
      );
      Object.assign(attempt, { xid, epoch, committing: true });
      await client.query("COMMIT");
      broken = false;
      return attempt.result;
    } catch (error) {
      // Otherwise the connection is closed, which ends its transaction.
      if (!attempt.committing && !isBroken(error)) {
        await client.query("ROLLBACK").then(
          () => (broken = false),
          () => {},
        );
      }
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /**
   * Whether a transaction is committed if the response to its COMMIT was lost; throws if that cannot be determined.
   *
   * @param {Attempt} attempt
   * @param {number} until
   */
  async #isCommitted({ xid, epoch }, until) {
    for (;;) {
      try {
        const { rows } = await this.#pool.query(`SELECT pg_xact_status($1::xid8) AS status, ${EPOCH}`, [xid]);
        const [found] = rows;
        if (found.status === "aborted") return false;
        if (found.status === "committed") {
          if (epoch && found.epoch === epoch) return true;
          throw new Error("The database crashed or was replaced during a step.");
        }
      } catch (/** @type {any} */ error) {
        // The database has lost the transaction and not assigned its number again.
        if (error.code === XID_IN_FUTURE) return false;
        if (!isRepeatable(error)) throw error;
      }
      if (performance.now() >= until || this.#closed)
        throw new Error("It is not known whether a step is committed.");
      await pause(REPEAT_PAUSE_MS);
    }
  }

  /**
   * Takes the alarms that are due; no other live instance takes the same ones.
   *
   * @param {number} now
   * @param {string[]} busy ledgers whose alarm is at work here
   * @returns {Promise<{ due: { ledger: string, at: number }[], next: number | undefined }>} `next` is when the following one is due
   */
  takeAlarms(now, busy) {
    return this.transaction(undefined, async (query) => {
      const due = await query(
        `UPDATE alarms SET instance = $1 WHERE ledger IN (
           SELECT ledger FROM alarms WHERE at <= $2 AND ledger <> ALL ($3) AND
             (instance IS NULL OR instance = $1 OR NOT EXISTS (SELECT FROM instances WHERE id = alarms.instance))
           ORDER BY at LIMIT ${ALARMS_MAX} FOR UPDATE SKIP LOCKED
         ) RETURNING ledger, at`,
        [this.#id, now, busy],
      );
      const [{ next } = {}] = await query("SELECT min(at) AS next FROM alarms WHERE at > $1", [now]);
      return {
        due: due.map(({ ledger, at }) => ({ ledger, at: Number(at) })),
        next: next === null ? undefined : Number(next),
      };
    });
  }

  /**
   * When the ledger's alarm is set to fire; null if it is not set.
   *
   * @param {string} ledger
   */
  async alarmOf(ledger) {
    const until = performance.now() + REPEAT_MS;
    for (;;) {
      try {
        const { rows } = await this.#pool.query("SELECT at FROM alarms WHERE ledger = $1", [ledger]);
        return rows.length === 0 || rows[0].at === null ? null : Number(rows[0].at);
      } catch (error) {
        if (!isRepeatable(error) || performance.now() >= until || this.#closed) throw error;
        await pause(REPEAT_PAUSE_MS);
      }
    }
  }

  /**
   * Clears an alarm after its work, unless the work or another instance set another time.
   *
   * @param {string} ledger
   * @param {number} at
   */
  clearAlarm(ledger, at) {
    return this.transaction(undefined, (query) =>
      query("UPDATE alarms SET at = nullif(at, $2), instance = NULL WHERE ledger = $1 AND instance = $3", [
        ledger,
        at,
        this.#id,
      ]),
    );
  }

  /**
   * Assigns the next turn to call, across all instances, by the database's clock.
   *
   * @param {string} action
   * @param {(freeAt: number, now: number) => Turn | null} turn
   */
  turn(action, turn) {
    return this.transaction(lockKey(hashOf(`pace/${action}`)), async (query) => {
      const [{ free, now } = {}] = await query(
        `SELECT (SELECT free_at FROM pace WHERE action = $1) AS free,
           floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now`,
        [action],
      );
      const found = turn(Number(free ?? 0), Number(now));
      if (found) {
        // Losing a turn does no harm, and calls do not have to wait for the disk.
        await query("SET LOCAL synchronous_commit = off");
        await query(
          "INSERT INTO pace VALUES ($1, $2) ON CONFLICT (action) DO UPDATE SET free_at = excluded.free_at",
          [action, found.freeAt],
        );
      }
      return found;
    });
  }

  /** The ledgers whose alarm is set. */
  async alarmed() {
    const { rows } = await this.#pool.query("SELECT ledger FROM alarms WHERE at IS NOT NULL");
    return rows.map(({ ledger }) => String(ledger));
  }

  /** Throws if the database cannot be reached or cannot be written. */
  async probe() {
    this.mustHoldLease();
    const { rows } = await this.#pool.query("SELECT pg_is_in_recovery() AS standby");
    if (rows[0].standby) throw new Error("The database is a standby.");
  }

  /**
   * Counts pending deliveries in all ledgers.
   *
   * @param {PendingDeliveries} pending
   */
  async backlog({ from, to, like }) {
    const { rows } = await this.#pool.query(
      `SELECT count(*) AS count, min(key) AS first FROM alarms JOIN rows USING (ledger)
       WHERE key >= $1 AND key < $2 AND key LIKE $3`,
      [from, to, like],
    );
    const [{ count, first }] = rows;
    return { count: Number(count), first: first ?? undefined };
  }

  /** Ends the lease and the connections; throws nothing. The calls of this instance then count as ended. */
  async close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    const ended = (async () => {
      await this.#beating;
      try {
        await this.#pool.query("DELETE FROM instances WHERE id = $1", [this.#id]);
      } finally {
        await Promise.allSettled([this.#line?.end(), this.#pool.end()]);
      }
    })();
    await Promise.race([ended.catch(() => {}), pause(CLOSE_MS, undefined, { ref: false })]);
  }

  /**
   * Throws if notifications do not arrive: a pooler that gives a client another session for each transaction loses
   * them, and the time limits of a session with them.
   */
  async #mustHear() {
    const heard = new Promise((resolve) => {
      this.#onEcho = () => resolve(true);
    });
    await this.#connected();
    await this.#pool.query("SELECT pg_notify($1, $2)", [CHANNEL, JSON.stringify([this.#id])]);
    if (!(await Promise.race([heard, pause(HEAR_MS, false, { ref: false })]))) throw pooled();
  }

  #lose() {
    if (this.#lost) return;
    this.#lost = true;
    if (!this.#closed) this.onLost();
  }

  /**
   * Renews the lease after this time, and from then on three times as often as needed.
   *
   * @param {number} millis
   */
  #beatIn(millis) {
    if (this.#closed || this.#lost) return;
    this.#timer = setTimeout(() => this.#beat(), millis);
    this.#timer.unref();
  }

  #beat() {
    this.#beating = this.#renew().then(
      () => this.#beatIn(this.#leaseMs / 3),
      () => {
        this.#steadySince = undefined;
        this.#hangUp();
        this.#beatIn(REPEAT_PAUSE_MS);
      },
    );
    return this.#beating;
  }

  async #renew() {
    const now = moments();
    const line = await this.#connected();
    const { rowCount } = await line.query("UPDATE instances SET seen = clock_timestamp() WHERE id = $1", [
      this.#id,
    ]);
    if (rowCount === 0) return this.#lose();
    this.#renewed = now;
    await line.query("INSERT INTO epoch VALUES (1, gen_random_uuid()) ON CONFLICT DO NOTHING");
    this.#steadySince ??= now.monotonic;
    // After a database failure, every instance has the duration of a lease to return.
    if (now.monotonic - this.#steadySince < this.#leaseMs) return undefined;
    await line.query(
      "DELETE FROM instances WHERE seen < clock_timestamp() - $1 * interval '1 millisecond' AND id <> $2",
      [this.#leaseMs, this.#id],
    );
    return undefined;
  }

  async #connected() {
    if (this.#line) return this.#line;
    // A connection that hangs is replaced while the lease holds.
    const patience = Math.max(this.#leaseMs / 4, PATIENCE_MIN_MS);
    const line = new this.#Client({
      ...this.#options,
      connectionTimeoutMillis: Math.min(patience, CONNECT_MS),
      query_timeout: patience,
    });
    line.on("error", () => this.#line === line && this.#hangUp());
    line.on("notification", ({ payload }) => {
      const [from, ledger, order] = notified(payload);
      if (from === this.#id) this.#onEcho();
      else if (order !== undefined) this.onWake(ledger, order);
    });
    this.#line = line;
    await line.connect();
    await line.query(`${LIMITS}; LISTEN ${CHANNEL}`);
    return line;
  }

  #hangUp() {
    const line = this.#line;
    this.#line = undefined;
    line?.end().catch(() => {});
  }
}

/** @implements {LedgerStorage} */
class PostgresLedger {
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
    this.#lock = lockKey(hashOf(`ledger/${name}`));
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

  async alarm() {
    const at = await this.#store.alarmOf(this.#name);
    return at ?? undefined;
  }

  /** @param {number} at */
  async setAlarm(at) {
    await this.#store.transaction(this.#lock, (query) => this.#writeAlarm(query, at));
    this.#store.onAlarm(at);
  }
}

/**
 * Migrates the database's tables to this program's schema version; the role must be allowed to create tables.
 *
 * @param {string} url
 */
export async function migrate(url) {
  const { default: pg } = await driver();
  const pool = new pg.Pool({ ...optionsOf(url), max: 1 });
  pool.on("error", () => {});
  try {
    await migrated(pool);
  } catch (error) {
    throw error instanceof Failure ? error : unusable(error);
  } finally {
    await pool.end();
  }
}

/** @param {Pool} pool */
async function migrated(pool) {
  const client = await pool.connect();
  try {
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const { rows: settings } = await client.query("SHOW server_encoding");
    if (settings[0].server_encoding !== "UTF8") {
      throw new Failure(
        "The database's encoding must be UTF8; GATEWAY_DATABASE names another one.",
        "GATEWAY_DATABASE 指定的数据库编码应为 UTF8。",
      );
    }
    const version = await versionOf(client);
    if (version > MIGRATIONS.length) {
      throw new Failure(
        `A later version of the gateway wrote the database (schema ${version}, this version knows ${MIGRATIONS.length}): install that version, or restore a copy from before.`,
        `数据库由更高版本的网关写入（结构版本 ${version}，本版本支持 ${MIGRATIONS.length}）：请安装该版本，或恢复升级前的备份。`,
      );
    }
    if (version < MIGRATIONS.length) {
      for (const statements of MIGRATIONS.slice(version)) await client.query(statements);
      await client.query("CREATE TABLE IF NOT EXISTS cloudauth_edge_gateway (version integer NOT NULL)");
      await client.query("DELETE FROM cloudauth_edge_gateway");
      await client.query("INSERT INTO cloudauth_edge_gateway VALUES ($1)", [MIGRATIONS.length]);
    }
    await client.query("COMMIT");
  } catch (/** @type {any} */ error) {
    await client.query("ROLLBACK").catch(() => {});
    if (error.code === "42501") {
      throw new Failure(
        "The role may not create the gateway's tables: run the command migrate once with a role that may, and grant this one what docs/guide/server.md lists.",
        "该角色无权建表：请先用有权限的角色执行一次 migrate 命令，再按 docs/guide/server.zh-CN.md 为该角色授权。",
      );
    }
    throw error;
  } finally {
    client.release(true);
  }
}

/**
 * The schema version; 0 if the database has no tables with these names.
 *
 * @param {PoolClient} client
 */
async function versionOf(client) {
  const exists = async (/** @type {string} */ table) =>
    (await client.query("SELECT to_regclass($1) IS NOT NULL AS found", [table])).rows[0].found;
  if (await exists("cloudauth_edge_gateway")) {
    const { rows } = await client.query("SELECT version FROM cloudauth_edge_gateway");
    return rows[0].version;
  }
  for (const table of TABLES) {
    if (await exists(table)) {
      throw new Failure(
        `The database has a table "${table}" of another program: give the gateway its own database.`,
        `数据库中已有其他程序的表 “${table}”：请为网关单独创建数据库。`,
      );
    }
  }
  return 0;
}

/** Loads the optional dependency, which SQLite does not need. */
async function driver() {
  try {
    return await import("pg");
  } catch (/** @type {any} */ error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Failure(
      "PostgreSQL needs the npm package pg next to the gateway: npm install pg.",
      "使用 PostgreSQL 需要在网关旁安装 npm 包 pg：npm install pg。",
    );
  }
}

/** @param {string} connectionString */
function optionsOf(connectionString) {
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

/** @param {string} text */
const hashOf = (text) => createHash("sha256").update(text).digest();
const moments = () => ({ clock: Date.now(), monotonic: performance.now() });

/**
 * Whether the connection is lost, so that PostgreSQL has ended its transaction.
 *
 * @param {any} error
 */
function isBroken(error) {
  // The driver's own errors have no SQLSTATE; network errors have a code such as ECONNRESET.
  return !/^[0-9A-Z]{5}$/.test(error.code ?? "") || /^(08|57P)/.test(error.code);
}

/**
 * A notification of an instance; empty if another program sent it.
 *
 * @param {string | undefined} payload
 * @returns {any[]}
 */
function notified(payload) {
  try {
    const message = JSON.parse(String(payload));
    return Array.isArray(message) ? message : [];
  } catch {
    return [];
  }
}

/** No space, memory or connection is left (class 53), or a statement took too long (query_canceled). */
const PASSING = /^(53...|57014)$/;

/** @param {any} error */
function isRepeatable(error) {
  if (REPEATABLE.has(error.code) || /^08/.test(error.code ?? "")) return true;
  if (/^(E[A-Z]{3,}|EAI_AGAIN)$/.test(error.code ?? "")) return true;
  return /^(Connection terminated|timeout exceeded|timeout expired|Query read timeout|Client has encountered)/i.test(
    error.message,
  );
}

const pooled = () =>
  new Failure(
    "A connection pooler before PostgreSQL keeps no sessions: set it to session pooling (PgBouncer: pool_mode = session), or let GATEWAY_DATABASE name PostgreSQL itself.",
    "PostgreSQL 之前的连接池不保持会话：请将其设为会话模式（PgBouncer：pool_mode = session），或让 GATEWAY_DATABASE 直接指向 PostgreSQL。",
  );

const lostAtStart = () =>
  new Failure(
    "The database has lost the lease that this instance has just taken, perhaps in a fail-over.",
    "数据库丢失了本实例刚取得的租约，可能正在主备切换。",
    { passing: true },
  );

/**
 * The database's message can quote what was sent to it, so only its code is shown.
 *
 * @param {any} error
 */
function unusable(error) {
  // PostgreSQL itself reports no violation of its protocol to this driver; a pooler that refuses transactions does.
  if (error.code === "08P01") return pooled();
  const why = error.code ?? error.name;
  const unreachable = isRepeatable(error);
  return new Failure(
    `The database of GATEWAY_DATABASE cannot be ${unreachable ? "reached" : "used"}: ${why}.`,
    `${unreachable ? "无法连接" : "无法使用"} GATEWAY_DATABASE 指定的数据库：${why}。`,
    { passing: unreachable || PASSING.test(error.code) },
  );
}
