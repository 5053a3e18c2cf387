/** Ledgers in a SQLite file that one process uses at a time. */

import { closeSync, existsSync, fsyncSync, openSync, realpathSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { stepOn } from "../host/storage.js";
import { Failure } from "../host/failure.js";
import { giveOwnerOf } from "../host/owner.js";

/**
 * @import { SQLInputValue, StatementSync } from "node:sqlite"
 * @import { Table } from "../host/storage.js"
 * @import { Decide, LedgerStorage, PendingDeliveries, Store } from "../host/types.js"
 *
 * @typedef {Record<"begin" | "commit" | "get" | "range" | "reverse" | "put" | "remove" | "alarm" | "setAlarm"
 *   | "clearAlarm" | "alarms" | "ledgers" | "backlog" | "probe", StatementSync>} Statements
 */

/** "CAEG"; distinguishes the gateway's databases from those of other programs. */
const APPLICATION_ID = 0x43414547;
/** The schema version that this program writes. A later version is refused. */
const SCHEMA = 1;
const SQLITE_BUSY = 5;
const SQLITE_NOMEM = 7;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
/** Errors whose cause can end by itself. */
const PASSING = new Set([SQLITE_BUSY, SQLITE_NOMEM, SQLITE_IOERR, SQLITE_FULL]);
/** A wait occurs only if another program locks the file. */
const BUSY_TIMEOUT_MS = 1_000;
/** How often a probe writes: that waits for the disk, and anyone may request /readyz. */
const PROBE_WRITE_MS = 5_000;

const TABLES = `
  CREATE TABLE rows (ledger TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (ledger, key))
    STRICT, WITHOUT ROWID;
  CREATE TABLE alarms (ledger TEXT PRIMARY KEY, at INTEGER) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA};`;

/** Writes a row of no ledger: a commit without changes succeeds on a full disk, too. */
const PROBE = "INSERT OR REPLACE INTO alarms VALUES ('', NULL)";

/** @implements {Store} */
export class SqliteStore {
  /** @type {DatabaseSync} */
  #db;
  #lock;
  /** @type {Statements} */
  #sql;
  /** When a probe has last written, by the monotonic clock. */
  #probed = -Infinity;
  /** @type {Store["onAlarm"]} */
  onAlarm = () => {};

  /** @param {string} file created if missing */
  constructor(file) {
    const path = pathOf(file);
    this.place = path;
    this.#lock = lock(path);
    try {
      const { db, created } = open(path);
      this.#db = db;
      this.created = created;
    } catch (error) {
      this.#lock.close();
      throw error;
    }
    const prepare = (/** @type {string} */ text) => this.#db.prepare(text);
    const range = (/** @type {"ASC" | "DESC"} */ order) =>
      prepare(
        `SELECT key, value FROM rows WHERE ledger = ? AND key >= ? AND key < ? ORDER BY key ${order} LIMIT ?`,
      );
    this.#sql = {
      begin: prepare("BEGIN IMMEDIATE"),
      commit: prepare("COMMIT"),
      get: prepare("SELECT value FROM rows WHERE ledger = ? AND key = ?"),
      range: range("ASC"),
      reverse: range("DESC"),
      put: prepare("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)"),
      remove: prepare("DELETE FROM rows WHERE ledger = ? AND key = ?"),
      alarm: prepare("SELECT at FROM alarms WHERE ledger = ?"),
      setAlarm: prepare("INSERT OR REPLACE INTO alarms VALUES (?, ?)"),
      clearAlarm: prepare("UPDATE alarms SET at = NULL WHERE ledger = ? AND at = ?"),
      alarms: prepare("SELECT ledger, at FROM alarms WHERE at IS NOT NULL ORDER BY at"),
      ledgers: prepare("SELECT ledger FROM alarms"),
      backlog: prepare(
        "SELECT count(*) AS count, min(key) AS first FROM rows WHERE ledger = ? AND key >= ? AND key < ? AND key LIKE ?",
      ),
      probe: prepare(PROBE),
    };
  }

  /**
   * @param {string} name
   * @returns {LedgerStorage} a caller's ledger
   */
  ledger(name) {
    return new SqliteLedger(this, this.#db, this.#sql, name);
  }

  /**
   * @param {number} now
   * @param {string[]} busy ledgers whose alarm is at work
   * @returns {{ due: { ledger: string, at: number }[], next: number | undefined }} the alarms that are due, and when the following
   *   one is
   */
  takeAlarms(now, busy) {
    const set = /** @type {{ ledger: string, at: number }[]} */ (
      /** @type {unknown} */ (this.#sql.alarms.all())
    );
    const idle = set.filter(({ ledger }) => !busy.includes(ledger));
    return { due: idle.filter(({ at }) => at <= now), next: idle.find(({ at }) => at > now)?.at };
  }

  /** The ledgers whose alarm is set. */
  alarmed() {
    return this.#sql.alarms.all().map(({ ledger }) => String(ledger));
  }

  /**
   * Clears an alarm after its work, unless the work set another time.
   *
   * @param {string} ledger
   * @param {number} at
   */
  clearAlarm(ledger, at) {
    this.#sql.clearAlarm.run(ledger, at);
  }

  /** Throws if the database cannot be read or written, for example because the disk is full. */
  probe() {
    const now = performance.now();
    try {
      this.#sql.begin.run();
      const writes = now - this.#probed >= PROBE_WRITE_MS;
      if (writes) this.#sql.probe.run();
      this.#sql.commit.run();
      if (writes) this.#probed = now;
    } catch (error) {
      rollBack(this.#db);
      throw error;
    }
  }

  /**
   * Counts pending deliveries in all ledgers.
   *
   * @param {PendingDeliveries} pending
   */
  backlog({ from, to, like }) {
    const found = this.#sql.ledgers
      .all()
      .map(({ ledger = null }) => this.#sql.backlog.get(ledger, from, to, like) ?? { count: 0, first: null });
    const firsts = found.map(({ first }) => first).filter((first) => first !== null);
    return {
      count: found.reduce((sum, { count }) => sum + Number(count), 0),
      first: firsts.map(String).sort()[0],
    };
  }

  close() {
    this.#db.close();
    this.#lock.close();
  }
}

/** @implements {LedgerStorage} */
class SqliteLedger {
  #store;
  #db;
  #sql;
  #name;
  #begun = false;
  /** @type {Table} */
  #table;

  /**
   * @param {SqliteStore} store
   * @param {DatabaseSync} db
   * @param {Statements} sql
   * @param {string} name
   */
  constructor(store, db, sql, name) {
    this.#store = store;
    this.#db = db;
    this.#sql = sql;
    this.#name = name;
    this.#table = {
      get: (key) => /** @type {string | undefined} */ (sql.get.get(name, key)?.value),
      range: ({ from, to, limit, reverse }) =>
        (reverse ? sql.reverse : sql.range)
          .all(name, from, to, limit)
          .map(({ key, value }) => [String(key), String(value)]),
      put: (key, value) => this.#write(sql.put, name, key, value),
      remove: (key) => this.#write(sql.remove, name, key),
    };
  }

  /**
   * Synchronous, so no other step of this process runs in between; other processes do not write.
   *
   * @param {Decide} decide
   */
  step(decide) {
    this.#begun = false;
    try {
      const commit = stepOn(this.#table, decide);
      if (commit.alarm !== null) this.#write(this.#sql.setAlarm, this.#name, commit.alarm);
      if (this.#begun) this.#sql.commit.run();
      if (commit.alarm !== null) this.#store.onAlarm(commit.alarm);
      return commit;
    } catch (error) {
      rollBack(this.#db);
      throw error;
    }
  }

  /**
   * The transaction begins with the first write: a step without writes does not wait for the disk.
   *
   * @param {StatementSync} statement
   * @param {...SQLInputValue} values
   */
  #write(statement, ...values) {
    if (!this.#begun) this.#sql.begin.run();
    this.#begun = true;
    statement.run(...values);
  }

  alarm() {
    const at = this.#sql.alarm.get(this.#name)?.at ?? undefined;
    return at === undefined ? undefined : Number(at);
  }

  /** @param {number} at */
  setAlarm(at) {
    this.#sql.setAlarm.run(this.#name, at);
    this.#store.onAlarm(at);
  }
}

/**
 * Ends the transaction that a failed statement leaves open.
 *
 * @param {DatabaseSync} db
 */
function rollBack(db) {
  if (db.isTransaction) db.exec("ROLLBACK");
}

/**
 * Copies a consistent state of the database; the gateway may be running.
 *
 * @param {string} file
 * @param {string} copy
 */
export function backup(file, copy) {
  const path = pathOf(file);
  if (!existsSync(path)) {
    throw new Failure(`There is no database at ${path}.`, `${path} 处没有数据库。`);
  }
  mustNotExist(copy);
  const partial = `${copy}.partial`;
  vacuumInto(path, partial);
  check(partial);
  renameDurably(partial, copy);
}

/**
 * Replaces the database with a copy; the gateway must be stopped.
 *
 * @param {string} copy
 * @param {string} file
 * @param {{ replace?: boolean | undefined }} [options]
 */
export function restore(copy, file, { replace = false } = {}) {
  if (!existsSync(copy)) throw new Failure(`There is no file ${copy}.`, `没有文件 ${copy}。`);
  const path = pathOf(file);
  const held = lock(path);
  try {
    const like = existsSync(path) ? path : dirname(path);
    // Also if the restore fails: the service could not open a lock of root.
    giveOwnerOf(lockOf(path), like);
    if (existsSync(path) && !replace) {
      throw new Failure(
        `There is a database at ${path} already; --replace puts the copy in its place.`,
        `${path} 处已有数据库；如需覆盖请加 --replace。`,
      );
    }
    check(copy);
    const partial = `${path}.partial`;
    vacuumInto(copy, partial);
    giveOwnerOf(partial, like);
    // SQLite would apply the old write-ahead log to the new file.
    for (const end of ["-wal", "-shm"]) rmSync(path + end, { force: true });
    renameDurably(partial, path);
  } finally {
    held.close();
  }
}

/**
 * Copies a consistent state of a database to a new file, on disk.
 *
 * @param {string} from
 * @param {string} to
 */
function vacuumInto(from, to) {
  rmSync(to, { force: true });
  const source = ours(from);
  try {
    source.prepare("VACUUM INTO ?").run(to);
  } catch (error) {
    rmSync(to, { force: true });
    throw unusable(to, error);
  } finally {
    source.close();
  }
  sync(to);
}

/** @param {string} path */
function mustNotExist(path) {
  if (existsSync(path)) {
    throw new Failure(`${path} exists already; name another file.`, `${path} 已存在，请指定其他文件。`);
  }
}

/**
 * Gives a file that is on disk its final name.
 *
 * @param {string} partial
 * @param {string} path
 */
function renameDurably(partial, path) {
  renameSync(partial, path);
  sync(dirname(resolve(path)));
}

/** @param {string} path */
function sync(path) {
  const descriptor = openSync(path, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** @param {string} path */
function check(path) {
  const db = ours(path);
  try {
    if (db.prepare("PRAGMA integrity_check(1)").get()?.integrity_check !== "ok") {
      throw new Failure(
        `The database ${path} is damaged: use another copy.`,
        `数据库 ${path} 已损坏，请使用其他备份。`,
      );
    }
  } finally {
    db.close();
  }
}

/**
 * The canonical path of the file.
 *
 * @param {string} file
 */
function pathOf(file) {
  const path = resolve(file);
  if (existsSync(path)) return realpathSync(path);
  if (!existsSync(dirname(path))) {
    throw new Failure(
      `There is no folder ${dirname(path)} for the database; make it, or set GATEWAY_DATABASE.`,
      `数据库所在的目录 ${dirname(path)} 不存在，请创建该目录或修改 GATEWAY_DATABASE。`,
    );
  }
  return join(realpathSync(dirname(path)), basename(path));
}

/** @param {string} path */
const lockOf = (path) => `${path}-lock`;

/**
 * Holds a lock until it is closed or the process ends, when the operating system releases it.
 *
 * @param {string} path
 */
function lock(path) {
  let db;
  try {
    db = new DatabaseSync(lockOf(path), { timeout: 0 });
    db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return db;
  } catch (/** @type {any} */ error) {
    db?.close();
    if (error.errcode === SQLITE_BUSY) {
      throw new Failure(
        `Another process serves from ${path}; end it first, or set GATEWAY_DATABASE to another file.`,
        `另一个进程正在使用 ${path}，请先停止该进程，或将 GATEWAY_DATABASE 设为其他文件。`,
        { passing: true },
      );
    }
    throw unusable(lockOf(path), error);
  }
}

/**
 * Opens or creates the gateway's database, which can be written; never changes a file of another program.
 *
 * @param {string} path
 */
function open(path) {
  let created = false;
  const db = opened(path, {}, (db) => {
    const version = versionOf(db, path);
    const schema = db.prepare("SELECT count(*) AS count FROM sqlite_schema").get();
    if (version === 0 && Number(schema?.count) > 0) throw foreign(path);
    // A commit returns when it is on disk.
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF");
    // Deleted rows are overwritten, and a checkpoint leaves no old frames of the write-ahead log behind.
    db.exec("PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 0");
    created = version === 0;
    if (created) db.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT`);
    // SQLite opens a file that it may only read without an error.
    db.exec(PROBE);
  });
  return { db, created };
}

/**
 * Opens one of the gateway's databases for reading.
 *
 * @param {string} path
 */
function ours(path) {
  return opened(path, { readOnly: true }, (db) => {
    if (versionOf(db, path) === 0) throw foreign(path);
  });
}

/**
 * @param {string} path
 * @param {import("node:sqlite").DatabaseSyncOptions} options
 * @param {(db: DatabaseSync) => void} prepare
 */
function opened(path, options, prepare) {
  let db;
  try {
    db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, ...options });
    prepare(db);
    return db;
  } catch (error) {
    db?.close();
    throw error instanceof Failure ? error : unusable(path, error);
  }
}

/**
 * @param {DatabaseSync} db
 * @param {string} path
 */
function versionOf(db, path) {
  const version = Number(db.prepare("PRAGMA user_version").get()?.user_version);
  const id = db.prepare("PRAGMA application_id").get()?.application_id;
  if (version !== 0 && id !== APPLICATION_ID) throw foreign(path);
  if (version > SCHEMA) {
    throw new Failure(
      `A later version of the gateway wrote ${path} (schema ${version}, this version knows ${SCHEMA}): install that version, or restore a copy from before.`,
      `${path} 由更高版本的网关写入（结构版本 ${version}，本版本支持 ${SCHEMA}）：请安装该版本，或恢复升级前的备份。`,
    );
  }
  return version;
}

/** @param {string} path */
const foreign = (path) =>
  new Failure(`${path} is not a database of this gateway.`, `${path} 不是本网关的数据库。`);

/**
 * @param {string} path
 * @param {any} error
 */
function unusable(path, error) {
  if (error.errcode === SQLITE_NOTADB) return foreign(path);
  const why = error.errstr ?? error.code ?? error.message;
  return new Failure(`The database ${path} cannot be used: ${why}.`, `无法使用数据库 ${path}：${why}。`, {
    // An extended code has the primary one in its lowest byte.
    passing: PASSING.has(error.errcode & 0xff),
  });
}
