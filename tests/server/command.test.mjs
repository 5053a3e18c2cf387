// Tests the command: its settings, and how it creates, copies, restores and rejects databases.

import assert from "node:assert/strict";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, afterEach, beforeEach, test } from "node:test";
import { parseEnv } from "node:util";
import { createSandbox } from "../../pkg/dist/sandbox.js";
import { run, start, stopAll } from "../../scripts/lib/process.mjs";
import { at } from "../../scripts/lib/project.mjs";
import { bareEnv, gatewayProgram } from "../support/programs.mjs";
import { sample } from "../support/samples.mjs";

const ROUTE = "/v1/face-verifications";
const DEVELOPMENT = { GATEWAY_MODE: "development" };
const STAGING = {
  GATEWAY_MODE: "staging",
  GATEWAY_SECRET: "0123456789abcdef0123456789abcdef",
  GATEWAY_CALLERS: '[{"id":"shop","keyPairs":[{"accessKeyId":"gwk-shop-1"}]}]',
  CLOUDAUTH_ENDPOINTS: "https://sandbox.example.com",
};
const SETTINGS = 78;
const USAGE = 64;
const TRY_LATER = 75;

let folder;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"))));
afterEach(async () => {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
});
after(stopAll);

function environment(settings) {
  return {
    ...bareEnv(),
    GATEWAY_LISTEN: "127.0.0.1:0",
    GATEWAY_METRICS_LISTEN: "127.0.0.1:0",
    ...settings,
  };
}

const gateway = (args, settings = {}) =>
  run("node", [gatewayProgram, ...args], { env: environment(settings), cwd: folder, limitMs: 60_000 });

/** Starts the server and waits until it prints its addresses. */
async function serving(settings = DEVELOPMENT, args = []) {
  const child = start("node", [gatewayProgram, ...args], { env: environment(settings), cwd: folder });
  const ended = once(child, "close");
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (output += text));
  const line = await new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      if (output.includes("\n")) resolve(output.split("\n")[0]);
    });
    ended.then(() => reject(new Error(`It did not start:\n${output}`)));
  });
  const { listening: url, metrics } = JSON.parse(line);
  return {
    url,
    metrics,
    child,
    output: () => output,
    async end(signal = "SIGTERM") {
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
    call: (method, path, body) =>
      fetch(url + path, {
        method,
        headers: { authorization: "Bearer dev-token", "content-type": "application/json" },
        body: body && JSON.stringify(body),
      }),
  };
}

test("--help and --version", async () => {
  const { version } = JSON.parse(readFileSync(at("server", "package.json"), "utf8"));
  assert.equal((await gateway(["--version"])).output, `${version}\n`);
  const { code, output } = await gateway(["--help"]);
  assert.equal(code, 0);
  for (const name of [
    "demo",
    "serve",
    "check",
    "caller rotate",
    "backup",
    "restore",
    "migrate",
    "--settings",
  ])
    assert.ok(output.includes(name), name);
});

test("invalid arguments are refused with the usage", async () => {
  for (const args of [
    ["nothing"],
    ["serve", "more"],
    ["backup"],
    ["check", "--replace"],
    ["--unknown"],
    ["toString"],
    ["caller"],
    ["caller", "add"],
    ["caller", "constructor", "shop"],
    ["caller", "list", "--scopes", "read"],
  ]) {
    const { code, output } = await gateway(args);
    assert.equal(code, USAGE, args.join(" "));
    assert.match(output, /^命令或参数有误，用法如下。\n\nUsage:/m, args.join(" "));
  }
});

test("wrong settings are listed in both languages, without their values", async () => {
  for (const [name, value] of [
    ["GATEWAY_LISTEN", "8787"],
    ["GATEWAY_LISTEN", "127.0.0.1:65536"],
    ["GATEWAY_LISTEN", "[planted]:1"],
    ["GATEWAY_LISTEN", "0.0.0.0:0"],
    ["GATEWAY_METRICS_LISTEN", "planted"],
    ["GATEWAY_DATABASE", "mysql://planted@db/gateway"],
    ["GATEWAY_DATABASE", "postgres://[planted"],
    ["GATEWAY_DATABASE", "postgres://db/gateway?sslmode=verify-full&sslrootcert=planted.pem"],
    ["GATEWAY_DATABASE", "postgres://db/gateway?sslcert=/"],
    ["GATEWAY_LEASE_SECONDS", "0"],
    ["GATEWAY_LEASE_SECONDS", "121"],
    ["GATEWAY_TRUSTED_PROXIES", "10.0.0.0/33"],
    ["GATEWAY_TRUSTED_PROXIES", "planted.example"],
    ["GATEWAY_SHUTDOWN_SECONDS", "-1"],
    ["GATEWAY_SHUTDOWN_SECONDS", "601"],
    ["GATEWAY_MISSPELT", "planted"],
  ]) {
    for (const command of [["serve"], ["check"]]) {
      const { code, output } = await gateway(command, { ...DEVELOPMENT, [name]: value });
      assert.equal(code, SETTINGS, `${name} ${value}`);
      assert.ok(output.includes(name), output);
      assert.match(output, /[一-鿿]/);
      assert.ok(!output.includes("planted"), output);
    }
  }
  assert.ok(!existsSync(join(folder, "cloudauth-edge-gateway.db")));
});

test("a connection string that is not one makes no file, and its password is not printed", async () => {
  for (const value of [
    "host=planted port=5432 dbname=g password=planted",
    '"postgres://planted:planted@planted/g"',
  ]) {
    for (const args of [["serve"], ["check"], ["backup", "copy.db"], ["migrate"]]) {
      const { code, output } = await gateway(args, { ...DEVELOPMENT, GATEWAY_DATABASE: value });
      assert.equal(code, SETTINGS, value);
      assert.match(output, /GATEWAY_DATABASE (has the form keyword=value|starts with a quote)/);
      assert.ok(!output.includes("planted"), output);
    }
  }
  assert.deepEqual(readdirSync(folder), []);
  const remote = "postgres://gateway:planted@db.example/gateway";
  const { code, output } = await gateway(["migrate"], { GATEWAY_DATABASE: remote });
  assert.equal(code, SETTINGS);
  assert.match(output, /sslmode=verify-full in production/);
});

test("a comment behind a value is refused, because systemd and Docker take it as a part of the value", async () => {
  for (const [line, refused] of [
    ["GATEWAY_PHOTO=stream # planted", true],
    ["GATEWAY_PHOTO=stream#planted", true],
    ["export GATEWAY_PHOTO = 'stream' # planted", true],
    ["GATEWAY_SECRET='a\n#planted'\nPGPASSWORD=planted#planted", true],
    ["# GATEWAY_PHOTO=planted # planted\nOTHER=planted # planted", false],
    ["GATEWAY_PUBLIC_URL= \n# planted\nGATEWAY_KEY_A='planted#planted'", false],
  ]) {
    writeFileSync(join(folder, "commented.env"), `GATEWAY_MODE=development\n${line}\n`);
    for (const args of [["check"], ["caller", "list"]]) {
      const { code, output } = await gateway([...args, "--settings", "commented.env"]);
      assert.equal(code, refused ? SETTINGS : 0, `${line} ${output}`);
      assert.equal(/has a # in or behind its value/.test(output), refused, output);
      assert.ok(!output.includes("planted"), output);
    }
  }
});

test("the first line names the addresses, the mode and the database, and says whether that is new", async () => {
  for (const created of [true, undefined]) {
    const { end, output } = await serving();
    assert.equal(await end(), 0);
    const line = JSON.parse(output().split("\n")[0]);
    assert.deepEqual([line.created, line.mode], [created, "development"]);
    assert.equal(line.database, join(realpathSync(folder), "cloudauth-edge-gateway.db"));
  }
});

test("an address that does not resolve, and one port for both servers, are reported", async () => {
  for (const [listen, expected] of [
    ["*:8787", /GATEWAY_LISTEN must be an address/],
    ["999.1.1.1:8787", /GATEWAY_LISTEN must be an address/],
    ["no..name:8787", /cannot listen on no\.\.name \(ENOTFOUND\).*GATEWAY_LISTEN/],
  ]) {
    // Development serves loopback addresses only.
    const { code, output } = await gateway(["serve"], { ...STAGING, GATEWAY_LISTEN: listen });
    assert.equal(code, SETTINGS, output);
    assert.match(output, expected);
  }
  const both = { GATEWAY_LISTEN: "127.0.0.1:9464", GATEWAY_METRICS_LISTEN: "127.0.0.1:9464" };
  for (const command of ["check", "serve"]) {
    const { code, output } = await gateway([command], { ...DEVELOPMENT, ...both });
    assert.equal(code, SETTINGS, output);
    assert.match(output, /GATEWAY_METRICS_LISTEN must have another port/);
  }
});

test("settings come from .env or a named file, and the environment wins", async () => {
  writeFileSync(join(folder, ".env"), "GATEWAY_MODE=development\nGATEWAY_PHOTO=wrong\n");
  writeFileSync(join(folder, "other.env"), "GATEWAY_MODE=development\n");
  assert.match((await gateway(["check"])).output, /GATEWAY_PHOTO/);
  assert.equal((await gateway(["check"], { GATEWAY_PHOTO: "stream" })).code, 0);
  for (const [mode, warns] of [
    [0o644, true],
    [0o600, false],
  ]) {
    chmodSync(join(folder, "other.env"), mode);
    const { code, output } = await gateway(["check", "--settings", "other.env"]);
    assert.deepEqual([code, output.includes("chmod 600 other.env")], [0, warns]);
  }
  const missing = await gateway(["check", "--settings", "missing.env"]);
  assert.equal(missing.code, SETTINGS);
  assert.match(missing.output, /missing\.env/);
  // As Windows programs write it: a byte order mark is not a part of the first name.
  writeFileSync(join(folder, "windows.env"), "\uFEFFGATEWAY_PHOTO=wrong\r\nGATEWAY_MODE=development\r\n");
  assert.match((await gateway(["check", "--settings", "windows.env"])).output, /GATEWAY_PHOTO/);
  writeFileSync(join(folder, "utf16.env"), Buffer.from("\uFEFFGATEWAY_MODE=development\n", "utf16le"));
  const utf16 = await gateway(["check", "--settings", "utf16.env"]);
  assert.equal(utf16.code, SETTINGS);
  assert.match(utf16.output, /utf16\.env cannot be read/);
});

test("the example settings are complete once their empty values are filled in", async () => {
  const example = at("server", "deploy", "gateway.env.example");
  const { code, output } = await gateway(["check", "--settings", example]);
  assert.equal(code, SETTINGS);
  const empty = Object.entries(parseEnv(readFileSync(example, "utf8"))).filter(([, value]) => value === "");
  const named = [...output.matchAll(/^ {2}([A-Z]\w+) /gm)].map(([, name]) => name);
  assert.deepEqual(named.sort(), empty.map(([name]) => name).sort());
});

test("a port in use and a missing folder are reported", async () => {
  const first = await serving();
  const taken = await gateway([], {
    ...DEVELOPMENT,
    GATEWAY_LISTEN: new URL(first.url).host,
    GATEWAY_DATABASE: "other.db",
  });
  assert.equal(taken.code, TRY_LATER);
  assert.match(taken.output, /EADDRINUSE.*GATEWAY_LISTEN/);
  // A gateway without metrics does not start, so it must not accept requests before.
  const both = await gateway([], {
    ...DEVELOPMENT,
    GATEWAY_LISTEN: new URL(first.url).host,
    GATEWAY_METRICS_LISTEN: new URL(first.metrics).host,
    GATEWAY_DATABASE: "other.db",
  });
  assert.equal(both.code, TRY_LATER);
  assert.ok(both.output.includes(`cannot listen on ${new URL(first.metrics).host} `), both.output);
  const nowhere = await gateway([], { ...DEVELOPMENT, GATEWAY_DATABASE: "no/where.db" });
  assert.match(nowhere.output, /There is no folder .*GATEWAY_DATABASE/);
});

test("a second process on the same file is refused, by any path, until the first has died", async () => {
  const first = await serving();
  symlinkSync(folder, join(folder, "link"));
  for (const GATEWAY_DATABASE of ["cloudauth-edge-gateway.db", "link/cloudauth-edge-gateway.db"]) {
    const second = await gateway([], { ...DEVELOPMENT, GATEWAY_DATABASE });
    assert.equal(second.code, TRY_LATER);
    assert.match(second.output, /Another process serves from/);
  }
  await first.end("SIGKILL");
  assert.equal(await (await serving()).end(), 0);
});

test("a database that another program locks is reported as a passing failure", async () => {
  const other = new DatabaseSync(join(folder, "locked.db"));
  other.exec("BEGIN EXCLUSIVE");
  const { code, output } = await gateway([], { ...DEVELOPMENT, GATEWAY_DATABASE: "locked.db" });
  other.close();
  assert.equal(code, TRY_LATER, output);
  assert.match(output, /locked\.db cannot be used: database is locked/);
});

test("commands for a file say that the database is PostgreSQL, and the other way round", async () => {
  const GATEWAY_DATABASE = "postgres://gateway:planted@127.0.0.1:1/gateway";
  for (const [args, settings, expected, expectedCode = SETTINGS] of [
    [["backup", "copy.db"], { GATEWAY_DATABASE }, /pg_dump/],
    [["restore", "copy.db"], { GATEWAY_DATABASE }, /pg_restore/],
    [["backup", "copy.db"], {}, /There is no cloudauth-edge-gateway\.db.*set GATEWAY_DATABASE/],
    [["restore", "copy.db", "--replace"], {}, /set GATEWAY_DATABASE/],
    [["migrate"], {}, /names a file/],
    [
      ["migrate"],
      { GATEWAY_DATABASE: `${GATEWAY_DATABASE}?sslkey=planted.pem` },
      /GATEWAY_DATABASE names a file in sslkey/,
    ],
    // The database may only be late.
    [["migrate"], { GATEWAY_DATABASE }, /cannot be reached: ECONNREFUSED/, TRY_LATER],
    [["serve"], { GATEWAY_DATABASE }, /cannot be reached: ECONNREFUSED/, TRY_LATER],
  ]) {
    const { code, output } = await gateway(args, { ...DEVELOPMENT, ...settings });
    assert.equal(code, expectedCode, output);
    assert.match(output, expected);
    assert.ok(!output.includes("planted"), output);
  }
});

test("only this user can read the database, which has a write-ahead log", async () => {
  const { end } = await serving();
  const file = join(folder, "cloudauth-edge-gateway.db");
  assert.equal(statSync(file).mode & 0o077, 0);
  await end();
  const db = new DatabaseSync(file);
  assert.equal(db.prepare("PRAGMA journal_mode").get().journal_mode, "wal");
  db.close();
});

test("a backup made while serving holds every write and can be restored", async () => {
  const sandbox = createSandbox();
  const settings = { ...DEVELOPMENT, CLOUDAUTH_ENDPOINTS: (await sandbox.listen()).url };
  after(() => sandbox.close());
  const first = await serving(settings);
  const [kept, lost] = [sample(), sample()];
  assert.equal((await first.call("POST", ROUTE, kept)).status, 201);
  assert.equal((await gateway(["backup", "copy.db"])).code, 0);
  const twice = await gateway(["backup", "copy.db"]);
  assert.match(twice.output, /exists already/);
  const nowhere = await gateway(["backup", "no/where/copy.db"]);
  assert.equal(nowhere.code, SETTINGS);
  assert.match(nowhere.output, /no\/where\/copy\.db\.partial cannot be used/);
  assert.equal((await first.call("POST", ROUTE, lost)).status, 201);
  const serves = await gateway(["restore", "copy.db", "--replace"]);
  assert.match(serves.output, /Another process serves/);
  // The last writes remain in the write-ahead log.
  await first.end("SIGKILL");
  const without = await gateway(["restore", "copy.db"]);
  assert.match(without.output, /--replace/);
  assert.equal((await gateway(["restore", "copy.db", "--replace"])).code, 0);
  const second = await serving(settings);
  const statusOf = async ({ outerOrderNo }) => (await second.call("GET", `${ROUTE}/${outerOrderNo}`)).status;
  assert.deepEqual([await statusOf(kept), await statusOf(lost)], [200, 404]);
  assert.equal(await second.end(), 0);
});

test(
  "a database that root restores belongs to the user of the service",
  { skip: process.getuid?.() !== 0 && "only root can give files away" },
  async () => {
    const [uid, gid] = [65_534, 65_534];
    await (await serving()).end();
    assert.equal((await gateway(["backup", "copy.db"])).code, 0);
    // A lost database, in the folder of the service.
    mkdirSync(join(folder, "state"));
    chownSync(join(folder, "state"), uid, gid);
    const GATEWAY_DATABASE = join("state", "gateway.db");
    for (const replace of [[], ["--replace"]]) {
      const { code, output } = await gateway(["restore", "copy.db", ...replace], { GATEWAY_DATABASE });
      assert.equal(code, 0, output);
      for (const file of readdirSync(join(folder, "state"))) {
        const found = statSync(join(folder, "state", file));
        assert.deepEqual([found.uid, found.gid, found.mode & 0o777], [uid, gid, 0o600], file);
      }
    }
    // A restore that fails leaves no lock that the service cannot open.
    mkdirSync(join(folder, "empty"));
    chownSync(join(folder, "empty"), uid, gid);
    writeFileSync(join(folder, "damaged.db"), "SQLite format 3");
    const failed = await gateway(["restore", "damaged.db"], { GATEWAY_DATABASE: "empty/gateway.db" });
    assert.equal(failed.code, SETTINGS);
    for (const file of readdirSync(join(folder, "empty")))
      assert.equal(statSync(join(folder, "empty", file)).uid, uid, file);
    // The service may have put a link there.
    const planted = join(folder, "planted");
    rmSync(join(folder, "empty", "gateway.db-lock"));
    symlinkSync(planted, join(folder, "empty", "gateway.db-lock"));
    await gateway(["restore", "copy.db"], { GATEWAY_DATABASE: "empty/gateway.db" });
    assert.equal(statSync(planted).uid, 0);
  },
);

test("a file of another program, a damaged or a later database is refused and not changed", async () => {
  const file = (name) => join(folder, name);
  writeFileSync(file("text.db"), "no database".repeat(1_000));
  const other = new DatabaseSync(file("other.db"));
  other.exec("CREATE TABLE rows (key TEXT)");
  other.close();
  await (await serving({ ...DEVELOPMENT, GATEWAY_DATABASE: "later.db" })).end();
  const later = new DatabaseSync(file("later.db"));
  later.exec("PRAGMA user_version = 2");
  later.close();
  await (await serving()).end();
  assert.equal((await gateway(["backup", "damaged.db"])).code, 0);
  const bytes = readFileSync(file("damaged.db"));
  // The first page identifies the file; all others are overwritten.
  writeFileSync(file("damaged.db"), bytes.fill(0xff, 4_096));
  for (const [name, expected] of [
    ["text.db", /not a database of this gateway/],
    ["other.db", /not a database of this gateway/],
    ["later.db", /A later version/],
  ]) {
    const before = readFileSync(file(name));
    for (const [args, settings] of [
      [[], { GATEWAY_DATABASE: name }],
      [["backup", "copy.db"], { GATEWAY_DATABASE: name }],
      [["restore", name], { GATEWAY_DATABASE: "new.db" }],
    ]) {
      const { code, output } = await gateway(args, { ...DEVELOPMENT, ...settings });
      assert.equal(code, SETTINGS, `${name} ${args} ${output}`);
      assert.match(output, expected);
    }
    assert.deepEqual(readFileSync(file(name)), before, name);
    assert.ok(!existsSync(file("new.db")) && !existsSync(file("copy.db")));
  }
  const { code, output } = await gateway(["restore", "damaged.db"], { GATEWAY_DATABASE: "new.db" });
  assert.equal(code, SETTINGS, output);
  assert.match(output, /damaged|cannot be used/);
  assert.ok(!existsSync(file("new.db")));
});
