// What several instances share in one PostgreSQL database, and the effects of database faults.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, afterEach, test } from "node:test";
import pg from "pg";
import { run } from "../../scripts/lib/process.mjs";
import { at } from "../../scripts/lib/project.mjs";
import { migrate } from "../../server/postgres-schema.js";
import { PostgresStore } from "../../server/postgres.js";
import { faultServer, started } from "../support/fault-server.mjs";
import { startGateway } from "../support/gateway.mjs";
import { bareEnv, freePort, gatewayProgram } from "../support/programs.mjs";
import { sample } from "../support/samples.mjs";
import { until } from "../support/until.mjs";
import { startPostgres } from "./database.mjs";
import { startPooler } from "./pooler.mjs";

const FAR = Date.UTC(2100, 0, 1);
const DUE = Date.UTC(2020, 0, 1);
const CERTIFICATE = at("tests", "support", "loopback.pem");
const LEASE = { leaseSeconds: 60 };

let database, url, stores;
let databases = 0;

before(async () => (database = await startPostgres()));
after(() => database?.close());
beforeEach(() => {
  databases += 1;
  url = database.create(`test${databases}`);
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
});

async function open(address = url) {
  const store = await PostgresStore.open(address, LEASE);
  stores.push(store);
  return store;
}

const sql = (text) => database.sql(text, `test${databases}`);
const commit = (writes, { alarm = null, wake = [] } = {}) => ({ commit: { writes, alarm, wake } });

/** Increases a row's value by one. */
const increase = ({ rows: [row] }) =>
  row ? commit([["count", String(Number(row[1] ?? 0) + 1)]]) : { load: { keys: ["count"] } };

test("steps of one ledger come one after the other over all instances", async () => {
  const ledgers = [(await open()).ledger("one"), (await open()).ledger("one")];
  await Promise.all(Array.from({ length: 60 }, (_, number) => ledgers[number % 2].step(increase)));
  assert.equal(sql("SELECT value FROM rows WHERE key = 'count'"), "60");
});

test("steps that wait for one ledger's lock leave the other ledgers their connections", async (t) => {
  const holder = new pg.Client(url);
  await holder.connect();
  t.after(() => holder.end());
  const key = createHash("sha256").update("ledger/one").digest().readBigInt64BE(0);
  await holder.query("SELECT pg_advisory_lock($1)", [key]);
  const store = await open();
  const one = store.ledger("one");
  const planted = () => {
    throw new Error("planted");
  };
  const steps = Array.from({ length: 30 }, (_, number) => one.step(number % 3 === 0 ? planted : increase));
  const settled = Promise.allSettled(steps);
  const waiting = () => Number(sql("SELECT count(*) FROM pg_locks WHERE NOT granted"));
  await until(() => waiting() > 0);
  await store.ledger("two").step(increase);
  await store.probe();
  assert.ok(waiting() <= 1);
  await holder.query("SELECT pg_advisory_unlock($1)", [key]);
  const failures = (await settled).filter(({ status }) => status === "rejected");
  assert.deepEqual(
    failures.map(({ reason }) => reason.message),
    Array.from({ length: 10 }, () => "planted"),
  );
  assert.equal(sql("SELECT value FROM rows WHERE ledger = 'one' AND key = 'count'"), "20");
});

test("a step knows the other instances that are alive", async () => {
  const [one, other] = [await open(), await open()];
  const others = async (store) => {
    let known;
    await store.ledger("one").step((rows) => {
      known = rows.others;
      return commit([]);
    });
    return known;
  };
  assert.deepEqual(await others(one), [other.instance]);
  await other.close();
  assert.deepEqual(await others(one), []);
});

test("who waits for an order is woken on every other instance", async () => {
  const [one, other] = [await open(), await open()];
  one.onWake = () => assert.fail("by itself");
  const woken = new Promise((resolve) => (other.onWake = (...names) => resolve(names)));
  await one.ledger("张三/'").step(() => commit([["a", "1"]], { wake: ['"order"'] }));
  assert.deepEqual(await woken, ["张三/'", '"order"']);
});

test("an alarm is taken by one instance, and by another when the first has ended", async () => {
  const [one, other] = [await open(), await open()];
  await one.ledger("one").setAlarm(DUE);
  await one.ledger("later").setAlarm(FAR);
  const take = async (store, busy = []) => (await store.takeAlarms(Date.now(), busy)).due;
  const [mine, theirs] = await Promise.all([take(one), take(other)]);
  assert.deepEqual([...mine, ...theirs], [{ ledger: "one", at: DUE }]);
  const [taker, rest] = mine.length === 1 ? [one, other] : [other, one];
  assert.deepEqual(await take(taker, ["one"]), []);
  assert.deepEqual(await take(rest), []);
  await taker.close();
  assert.deepEqual(await rest.takeAlarms(Date.now(), []), { due: [{ ledger: "one", at: DUE }], next: FAR });
  await rest.clearAlarm("one", DUE);
  assert.equal(await rest.ledger("one").alarm(), undefined);
});

test("an alarm that is set again during its work is kept", async () => {
  const [one, other] = [await open(), await open()];
  await one.ledger("one").setAlarm(DUE);
  await one.takeAlarms(Date.now(), []);
  await other.ledger("one").setAlarm(DUE + 1);
  await one.clearAlarm("one", DUE);
  assert.deepEqual((await other.takeAlarms(Date.now(), [])).due, [{ ledger: "one", at: DUE + 1 }]);
});

test("an instance without a lease writes nothing, takes no alarm, and reports it", async () => {
  const [one, other] = [await open(), await open()];
  await other.ledger("one").setAlarm(DUE);
  const reported = new Promise((resolve) => (one.onLost = resolve));
  one.mustHoldLease();
  sql(`DELETE FROM instances WHERE id = ${one.instance}`);
  await assert.rejects(one.ledger("one").step(increase), { name: "LeaseLost" });
  await reported;
  assert.throws(() => one.mustHoldLease(), { name: "LeaseLost" });
  await assert.rejects(one.takeAlarms(Date.now(), []), { name: "LeaseLost" });
  await assert.rejects(
    one.turn("a", () => ({ freeAt: 1 })),
    { name: "LeaseLost" },
  );
  await assert.rejects(one.probe(), { name: "LeaseLost" });
  assert.equal(sql("SELECT count(*) FROM rows"), "0");
});

test("a lease is over by either clock of its instance, whatever the database says", async (t) => {
  const store = await open();
  for (const clock of [Date, performance]) {
    const over = clock.now() + LEASE.leaseSeconds * 1_000;
    const { mock } = t.mock.method(clock, "now", () => over);
    assert.throws(() => store.mustHoldLease(), { name: "LeaseLost" });
    mock.restore();
    store.mustHoldLease();
  }
});

test("an instance whose lease is over sends no start, although the database lets it write", async (t) => {
  await using vendor = await faultServer(started);
  const gateway = await startGateway(
    { GATEWAY_MODE: "development", CLOUDAUTH_ENDPOINTS: vendor.endpoint },
    { on: "node", hostile: true, shared: { url } },
  );
  t.after(() => gateway.close());
  const start = async () => {
    const { status } = await gateway.call("POST", "/v1/face-verifications", { body: sample() });
    return [status, vendor.requests.length];
  };
  assert.deepEqual(await start(), [201, 1]);
  // The lease can be read, and not renewed.
  const holder = new pg.Client(url);
  await holder.connect();
  t.after(() => holder.end());
  await holder.query("BEGIN; LOCK TABLE instances IN SHARE MODE");
  gateway.shiftClock(3_600_000);
  assert.deepEqual(await start(), [500, 1]);
  // What was provably not sent frees its order.
  assert.equal(sql("SELECT count(*) FROM rows WHERE key LIKE 'order/%'"), "1");
});

test("an instance ends the lease of another by the length of that lease, not of its own", async () => {
  const long = await open();
  const short = await PostgresStore.open(url, { leaseSeconds: 1 });
  stores.push(short);
  sql(`UPDATE instances SET seen = now() - interval '30 seconds' WHERE id = ${long.instance}`);
  sql("INSERT INTO instances VALUES (7, now() - interval '30 seconds', 1000)");
  sql("INSERT INTO instances VALUES (8, now() - interval '1 hour', 120000)");
  await until(() => sql("SELECT count(*) FROM instances WHERE id = 7") === "0");
  assert.equal(sql(`SELECT count(*) FROM instances WHERE id IN (8, ${long.instance})`), "2");
});

test("the store names its database without the user, and says whether it has created the tables", async () => {
  const [first, second] = [await open(), await open()];
  assert.deepEqual([first.created, second.created], [true, false]);
  assert.match(first.place, /^postgres:\/\/%2F[^@:]+:5432\/test\d+$/);
});

test("a database that asks for a password ends the command at once; the file of settings can have the password", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  t.after(() => rmSync(folder, { recursive: true }));
  database.sql("CREATE ROLE asked LOGIN SUPERUSER PASSWORD 'planted'");
  const rules = join(database.sql("SHOW data_directory"), "pg_hba.conf");
  writeFileSync(rules, `local all asked scram-sha-256\n${readFileSync(rules, "utf8")}`);
  // The server waits for a password for longer than the command may take.
  database.sql("ALTER SYSTEM SET authentication_timeout = '10min'");
  database.sql("SELECT pg_reload_conf()");
  const asking = database.urlOf(`test${databases}`, "asked");
  await until(async () => {
    const failure = await open(asking).catch((error) => error);
    return /asks for a password, and none is set: set PGPASSWORD/.test(failure.message);
  });
  const settings = join(folder, "gateway.env");
  const program = (command, password = "") => {
    writeFileSync(settings, `GATEWAY_MODE=development\nGATEWAY_DATABASE=${asking}\n${password}`);
    const args = [gatewayProgram, command, "--settings", settings];
    return run("node", args, { env: bareEnv(), limitMs: 60_000 });
  };
  for (const command of ["migrate", "serve"]) {
    const { code, output } = await program(command);
    assert.equal(code, 78, output);
    assert.match(output, /asks for a password/);
  }
  const wrong = await program("migrate", "PGPASSWORD=wrong\n");
  assert.equal(wrong.code, 78);
  assert.match(wrong.output, /refuses the password/);
  assert.equal((await program("migrate", "PGPASSWORD=planted\n")).code, 0);
});

test("an instance that closes sends nothing more", async () => {
  const one = await open();
  const closed = one.close();
  assert.throws(() => one.mustHoldLease(), { name: "LeaseLost" });
  await closed;
});

test("a notification of another program ends nothing", async () => {
  const [one, other] = [await open(), await open()];
  const woken = new Promise((resolve) => (other.onWake = (...names) => resolve(names)));
  for (const payload of ["", "planted", "null", "7", '{"a":1}', "[", '"text"'])
    sql(`SELECT pg_notify('cloudauth_edge_wake', '${payload}')`);
  await one.ledger("one").step(() => commit([["a", "1"]], { wake: ["order"] }));
  assert.deepEqual(await woken, ["one", "order"]);
});

test("the time of an alarm is read again when the database is back", async () => {
  const ledger = (await open()).ledger("one");
  await ledger.setAlarm(FAR);
  await database.stop();
  const read = ledger.alarm();
  await database.run();
  assert.equal(await read, FAR);
});

test("a connection that hangs is replaced while the lease holds", async (t) => {
  const pooler = await startPooler(database.socket, { sessions: true });
  t.after(() => pooler.close());
  const store = await PostgresStore.open(pooler.urlOf(`test${databases}`), { leaseSeconds: 20 });
  stores.push(store);
  store.onLost = () => assert.fail("the lease is lost");
  // The next renewal receives no response.
  await pooler.hang("UPDATE instances");
  store.mustHoldLease();
  await pooler.next("UPDATE instances");
  store.mustHoldLease();
});

test("turns are given one at a time over all instances", async () => {
  const both = [await open(), await open()];
  const turns = Array.from({ length: 20 }, (_, number) =>
    both[number % 2].turn("a", (freeAt, now) => {
      assert.ok(Math.abs(now - Date.now()) < 60_000);
      return { freeAt: freeAt + 1 };
    }),
  );
  const given = (await Promise.all(turns)).map(({ freeAt }) => freeAt);
  assert.deepEqual(
    given.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, number) => number + 1),
  );
});

test("the commits after a turn wait for the disk again", async () => {
  const store = await open();
  await store.turn("a", () => ({ freeAt: 1 }));
  const [setting] = await store.transaction(undefined, (query) => query("SHOW synchronous_commit"));
  assert.deepEqual(setting, { synchronous_commit: "on" });
});

test("a connection that ends in a step repeats the step once if it is not committed", async () => {
  const ledger = (await open()).ledger("one");
  const steps = Array.from({ length: 200 }, () => ledger.step(increase));
  // Each time, some of them are in the middle of a step.
  for (const number of [20, 60, 100, 140]) {
    await steps[number];
    sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cloudauth-edge-gateway'",
    );
  }
  await Promise.all(steps);
  assert.equal(sql("SELECT value FROM rows WHERE key = 'count'"), "200");
});

test("a crash of the database repeats the steps that are not committed, or says that it does not know", async () => {
  const ledger = (await open()).ledger("one");
  const steps = Array.from({ length: 100 }, () => ledger.step(increase));
  await steps[10];
  await database.restart();
  const unknown = (await Promise.allSettled(steps)).filter(({ status }) => status === "rejected");
  for (const { reason } of unknown) assert.match(reason.message, /crashed or was replaced/);
  const count = Number(sql("SELECT value FROM rows WHERE key = 'count'"));
  assert.ok(count <= 100 && count >= 100 - unknown.length, `${count}, ${unknown.length} unknown`);
});

test("a commit is not taken for that of another transaction with its number after a crash", async (t) => {
  const pooler = await startPooler(database.socket, { sessions: true });
  t.after(() => pooler.close());
  const store = await open(pooler.urlOf(`test${databases}`));
  const numbered = (query) => query("SELECT pg_current_xact_id()::text AS number");
  await until(async () => {
    const lost = pooler.hold();
    let number;
    const step = store.transaction(undefined, async (query) => ([{ number }] = await numbered(query)));
    await lost;
    await database.restart();
    const again = sql("SELECT pg_current_xact_id()::text");
    pooler.release();
    // PostgreSQL may have stored the next number by itself.
    if (again !== number) return step.then(() => false);
    await assert.rejects(step, /crashed or was replaced/);
    return true;
  });
  await store.transaction(undefined, numbered);
});

test("a step that meets a full disk writes nothing, and the next one works when there is space", async () => {
  const ledger = (await open()).ledger("one");
  // What PostgreSQL reports if a table cannot grow. (If its log cannot grow, it ends: see the crash
  // above.)
  sql(`CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`);
  sql(
    "CREATE TRIGGER no_space BEFORE INSERT ON rows FOR EACH ROW WHEN (NEW.key = 'big') EXECUTE FUNCTION no_space()",
  );
  const both = () =>
    commit([
      ["small", "1"],
      ["big", "1"],
    ]);
  await assert.rejects(ledger.step(both), { code: "53100" });
  assert.equal(sql("SELECT count(*) FROM rows"), "0");
  sql("DROP TRIGGER no_space ON rows");
  await ledger.step(both);
  assert.equal(sql("SELECT count(*) FROM rows"), "2");
});

test("a start that meets a full disk or a slow database can be repeated", async () => {
  await open();
  sql(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = TG_ARGV[0]; END $$`);
  for (const [code, passing] of [
    ["53100", true],
    ["53200", true],
    ["57014", true],
    ["23514", false],
  ]) {
    sql(`CREATE TRIGGER fail BEFORE INSERT ON instances FOR EACH ROW EXECUTE FUNCTION fail('${code}')`);
    await assert.rejects(open(), (error) => {
      assert.match(error.message, new RegExp(`cannot be used: ${code}`));
      assert.equal(error.passing, passing, code);
      return true;
    });
    sql("DROP TRIGGER fail ON instances");
  }
});

test("TLS: the certificate is verified, and a database that demands TLS gets it", async (t) => {
  const port = await freePort();
  const secured = await startPostgres(undefined, { tls: { port, certificate: CERTIFICATE } });
  t.after(() => secured.close());
  const address = `postgres://gateway@127.0.0.1:${port}/gateway?sslmode=`;
  const store = await open(`${address}verify-full&sslrootcert=${CERTIFICATE}`);
  await store.ledger("one").step(increase);
  await store.probe();
  const encrypted =
    "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'gateway'";
  assert.equal(secured.sql(`${encrypted} AND application_name = 'cloudauth-edge-gateway'`), "t");
  // The certificate is not signed by one of Node's own certificate authorities.
  await assert.rejects(open(`${address}verify-full`), /cannot be used: DEPTH_ZERO_SELF_SIGNED_CERT/);
  await assert.rejects(open(`${address}disable`), /cannot be used: 28000/);
});

test("a pooler: sessions are kept with their time limits, and a start without sessions is refused", async (t) => {
  const name = `test${databases}`;
  const pooler = async (options) => {
    const started = await startPooler(database.socket, options);
    t.after(() => started.close());
    return started.urlOf(name);
  };
  const [store, direct] = [await open(await pooler({ sessions: true })), await open()];
  const woken = new Promise((resolve) => (store.onWake = (...whom) => resolve(whom)));
  await direct.ledger("one").step(() => commit([["a", "1"]], { wake: ["order"] }));
  assert.deepEqual(await woken, ["one", "order"]);
  const limits = await store.transaction(undefined, (query) =>
    query(
      "SELECT setting FROM pg_settings WHERE name ~ '^(statement|lock|idle_in.*)_timeout$' ORDER BY name",
    ),
  );
  assert.deepEqual(
    limits.map(({ setting }) => setting),
    ["5000", "8000", "10000"],
  );
  await assert.rejects(open(await pooler({ sessions: false })), /keeps no sessions.*pool_mode = session/);
});

test("roles: one changes tables, the other serves", async () => {
  database.sql(readFileSync(at("server", "deploy", "postgres.sql"), "utf8"), `test${databases}`);
  const app = database.urlOf(`test${databases}`, "gateway_app");
  await assert.rejects(open(app), /may not create the gateway's tables/);
  await migrate(database.urlOf(`test${databases}`, "gateway_owner"));
  const store = await open(app);
  await store.ledger("one").step(() => commit([["a", "1"]], { alarm: DUE, wake: ["order"] }));
  await store.turn("a", () => ({ freeAt: 1 }));
  assert.equal((await store.takeAlarms(Date.now(), [])).due.length, 1);
  await store.probe();
  const pending = { from: "due/", to: "due/2", like: "due/_/deliver/%" };
  assert.deepEqual(await store.backlog(pending), { count: 0, first: undefined });
  await store.ledger("one").step(() =>
    commit(
      ["due/1/deliver/b", "due/1/expire/b", "due/0/deliver/c", "due/2/deliver/d"].map((key) => [key, "1"]),
      { alarm: DUE },
    ),
  );
  assert.deepEqual(await store.backlog(pending), { count: 2, first: "due/0/deliver/c" });
});

test("migrations run once, of several instances that start together", async () => {
  await Promise.all([open(), open(), open()]);
  assert.equal(sql("SELECT version FROM cloudauth_edge_gateway"), "3");
});

test("a database of another program or of a later version is refused and not changed", async () => {
  sql("CREATE TABLE rows (id integer)");
  await assert.rejects(open(), /table "rows" of another program/);
  assert.equal(sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "1");
  sql("DROP TABLE rows");
  await (await open()).close();
  sql("UPDATE cloudauth_edge_gateway SET version = 4");
  await assert.rejects(open(), /A later version/);
});

test("a database with another encoding, or none, is refused without its password", async () => {
  database.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  await assert.rejects(open(database.urlOf("latin")), /UTF8/);
  for (const nowhere of [
    database.urlOf("nowhere"),
    "postgres://gateway:planted@127.0.0.1:1/gateway",
    `${database.urlOf("planted")}&sslmode=planted`,
    `${database.urlOf("planted")}&sslrootcert=/planted`,
  ]) {
    await assert.rejects(open(nowhere), (error) => {
      assert.match(error.message, /GATEWAY_DATABASE cannot be (used|reached)|offers no TLS/);
      assert.ok(!error.message.includes("planted"));
      return true;
    });
  }
});
