// The same suite for every store of ledgers.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { at } from "../../scripts/lib/project.mjs";
import { PostgresStore } from "../../server/postgres.js";
import { SqliteStore } from "../../server/sqlite.js";
import { end } from "../support/programs.mjs";
import { startWorker, workerAddress } from "../support/wrangler.mjs";
import { cases } from "./cases.js";
import { startPostgres } from "../postgres/database.mjs";

const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("SQLite", () => {
  for (const [name, parts] of Object.entries(cases)) {
    test(name, async () => {
      const file = join(folder, `${name}.db`);
      for (const part of parts) {
        const store = new SqliteStore(file);
        try {
          await part({ ledger: store.ledger("one"), other: store.ledger("other") });
        } finally {
          store.close();
        }
      }
    });
  }
});

test("a commit in SQLite waits for the disk", (t) => {
  const exec = t.mock.method(DatabaseSync.prototype, "exec");
  const store = new SqliteStore(join(folder, "synchronous.db"));
  // The database is opened after its lock. Its connection alone knows this setting.
  const db = exec.mock.calls.at(-1).this;
  const FULL = 2;
  assert.equal(db.prepare("PRAGMA synchronous").get().synchronous, FULL);
  store.close();
});

test("a deleted order leaves nothing in the database's files", () => {
  const file = join(folder, "deleted.db");
  const store = new SqliteStore(file);
  const write = (writes) => store.ledger("one").step(() => ({ commit: { writes, alarm: null } }));
  const rows = Array.from({ length: 100 }, (_, at) => `order/${at}`);
  write(rows.map((key) => [key, "planted".repeat(20)]));
  write(rows.map((key) => [key, null]));
  // SQLite makes a checkpoint by itself after a thousand pages; the next commit begins the log again.
  const other = new DatabaseSync(file);
  other.exec("PRAGMA wal_checkpoint(RESTART)");
  other.close();
  write([["order/another", "1"]]);
  for (const path of [file, `${file}-wal`]) assert.ok(!readFileSync(path).includes("planted"), path);
  store.close();
  assert.deepEqual(
    readdirSync(folder).filter((name) => /^deleted\.db-(wal|shm)$/.test(name)),
    [],
  );
  assert.ok(!readFileSync(file).includes("planted"));
});

test("a failed probe leaves no transaction open", () => {
  const file = join(folder, "probed.db");
  const store = new SqliteStore(file);
  const db = new DatabaseSync(file);
  db.exec("ALTER TABLE alarms RENAME TO away");
  assert.throws(() => store.probe(), /no such table/);
  assert.throws(() => store.probe(), /no such table/);
  db.exec("ALTER TABLE away RENAME TO alarms");
  db.close();
  store.ledger("one").step(() => ({ commit: { writes: [["key", "1"]], alarm: null } }));
  store.probe();
  store.close();
});

test("a probe writes to the disk, and not each time", (t) => {
  const file = join(folder, "probe.db");
  const store = new SqliteStore(file);
  const written = () => statSync(`${file}-wal`).size;
  const clock = t.mock.method(performance, "now", () => 0);
  const sizes = [0, 0, 4_999, 5_000].map((now) => {
    clock.mock.mockImplementation(() => now);
    store.probe();
    return written();
  });
  store.close();
  assert.ok(sizes[0] > 0 && sizes[3] > sizes[0], String(sizes));
  assert.deepEqual(sizes.slice(0, 3), [sizes[0], sizes[0], sizes[0]]);
});

test("a database that cannot be written is refused, and so is a lock, by its name", () => {
  const file = join(folder, "written.db");
  const first = new SqliteStore(file);
  assert.deepEqual([first.place, first.created], [file, true]);
  first.close();
  // SQLite treats a file with this version of its format as read-only, also for root.
  const bytes = readFileSync(file);
  const [version] = bytes.subarray(18, 19);
  writeFileSync(file, bytes.fill(3, 18, 19));
  assert.throws(() => new SqliteStore(file), {
    passing: false,
    message: /written\.db cannot be used: attempt to write a readonly database/,
  });
  writeFileSync(file, bytes.fill(version, 18, 19));
  const again = new SqliteStore(file);
  assert.equal(again.created, false);
  again.close();
  rmSync(`${file}-lock`);
  mkdirSync(`${file}-lock`);
  assert.throws(() => new SqliteStore(file), /written\.db-lock cannot be used/);
});

describe("PostgreSQL", () => {
  let database;
  before(async () => (database = await startPostgres()));
  after(() => database?.close());

  for (const [at, [name, parts]] of Object.entries(cases).entries()) {
    test(name, async () => {
      const url = database.create(`case${at}`);
      for (const part of parts) {
        const store = await PostgresStore.open(url, { leaseSeconds: 15 });
        try {
          await part({ ledger: store.ledger("one"), other: store.ledger("other") });
        } finally {
          await store.close();
        }
      }
    });
  }
});

describe("Durable Object", () => {
  let child, url;

  before(async () => {
    const config = join(folder, "wrangler.toml");
    writeFileSync(
      config,
      `name = "storage"
main = "${at("tests", "storage", "durable.js")}"
compatibility_date = "2026-11-01"
[[durable_objects.bindings]]
name = "STORE"
class_name = "Store"
[[migrations]]
tag = "v1"
new_sqlite_classes = ["Store"]
`,
    );
    child = startWorker(config, folder);
    url = await workerAddress(child);
  });

  after(() => child && end(child));

  for (const [name, parts] of Object.entries(cases)) {
    test(name, async () => {
      for (const part of parts.keys()) {
        const response = await fetch(url, { method: "POST", body: JSON.stringify({ name, part }) });
        assert.equal(await response.text(), "passed");
      }
    });
  }
});
