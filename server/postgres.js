/** Ledgers in a PostgreSQL database that several processes use at the same time: transactions, alarms and leases. */

import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../host/failure.js";
import { CONNECT_MS, LIMITS, driver, optionsOf } from "./postgres-connection.js";
import { XID_IN_FUTURE, isBroken, isRepeatable, lostAtStart, pooled, unusable } from "./postgres-errors.js";
import { CHANNEL, PostgresLedger, lockKey } from "./postgres-ledger.js";
import { migrated } from "./postgres-schema.js";

/**
 * @import { Client, Pool, QueryResult } from "pg"
 * @import { LedgerStorage, PendingDeliveries, Store, Turn } from "../host/types.js"
 * @import { Query } from "./postgres-connection.js"
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
/** How long a step is repeated when the database fails. */
const REPEAT_MS = 20_000;
const REPEAT_PAUSE_MS = 200;
/** How long closing waits for a database that does not respond. */
const CLOSE_MS = 2_000;
/** Covers a lost notification. */
const POLL_MS = 1_000;
/** How long a notification may take that this instance sends itself. */
const HEAR_MS = 5_000;
/** How long a renewal of a short lease may take. */
const PATIENCE_MIN_MS = 1_000;
/** Maximum number of alarms that one instance takes at a time. */
const ALARMS_MAX = 16;
/** In another epoch, the number of a transaction that was lost with the last one can belong to another transaction. */
const EPOCH = "(SELECT id FROM epoch) AS epoch";

/** The instance's lease has expired: another instance may have taken over its work. */
class LeaseLost extends Error {
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
  #id = randomBytes(8).readBigInt64BE(0).toString();
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
  place = "";
  created = false;

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
    const pg = await driver();
    const store = new PostgresStore(pg, url, leaseSeconds * 1_000);
    // A connection that breaks is replaced when it is needed, and a query on it fails.
    store.#pool.on("error", () => {});
    store.#pool.on("connect", (client) => client.on("error", () => {}));
    try {
      await store.#mustHear();
      store.created = await migrated(store.#pool);
      const now = moments();
      await store.#pool.query(
        "INSERT INTO instances (id, seen, lease_millis) VALUES ($1, clock_timestamp(), $2)",
        [store.#id, store.#leaseMs],
      );
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
   * When the ledger's alarm fires; undefined if it is not set.
   *
   * @param {string} ledger
   */
  async alarmOf(ledger) {
    const until = performance.now() + REPEAT_MS;
    for (;;) {
      try {
        const { rows } = await this.#pool.query(
          "SELECT at FROM alarms WHERE ledger = $1 AND at IS NOT NULL",
          [ledger],
        );
        return rows[0] && Number(rows[0].at);
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
    return this.transaction(lockKey(`pace/${action}`), async (query) => {
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
    // After a database failure, every instance has the duration of its lease to return.
    await line.query(
      `DELETE FROM instances WHERE seen < clock_timestamp() - lease_millis * interval '1 millisecond'
         AND lease_millis <= $1::bigint AND id <> $2`,
      [Math.floor(now.monotonic - this.#steadySince), this.#id],
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
    const host = line.host.startsWith("/") ? encodeURIComponent(line.host) : line.host;
    this.place = `postgres://${host}:${line.port}/${line.database}`;
    await line.query(`${LIMITS}; LISTEN ${CHANNEL}`);
    return line;
  }

  #hangUp() {
    const line = this.#line;
    this.#line = undefined;
    line?.end().catch(() => {});
  }
}

const moments = () => ({ clock: Date.now(), monotonic: performance.now() });

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
