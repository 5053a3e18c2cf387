// Debian's PostgreSQL in a folder of its own, on a Unix socket, for the tests.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresPrograms } from "../../scripts/lib/project.mjs";
import { until } from "../support/until.mjs";

/** Nobody's: PostgreSQL refuses to run as root. */
const OTHER_USER = 65_534;
const NAME = "gateway";
const STARTS_WITHIN_MS = 60_000;

/**
 * @param {string} [folder] a short path: that of a socket has 107 bytes at most
 * @param {{ durable?: boolean }} [options] `durable` synchronizes commits to the disk
 * @returns {Promise<{ url: string, create: (name: string) => string, sql: (text: string, name?: string) => string,
 *   restart: (mode?: string) => Promise<void>, close: () => Promise<void> }>} `create` makes a database and returns its
 *   connection string
 */
export async function startPostgres(folder = mkdtempSync(join(tmpdir(), "pg-")), { durable = false } = {}) {
  const programs = postgresPrograms();
  if (!programs) throw new Error("PostgreSQL is missing: node scripts/setup.mjs postgres");
  const other = process.getuid?.() === 0 ? { uid: OTHER_USER, gid: OTHER_USER } : {};
  mkdirSync(folder, { recursive: true });
  if (other.uid) chownSync(folder, other.uid, other.gid);
  chmodSync(folder, 0o711);
  const data = join(folder, "data");
  const env = { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC", HOME: folder };
  const options = { ...other, env, cwd: folder };

  function must(program, args, more = {}) {
    const { status, stdout, stderr, error } = spawnSync(join(programs, program), args, {
      encoding: "utf8",
      ...options,
      ...more,
    });
    if (status !== 0) throw new Error(`${program}: ${error ?? stderr + stdout}`);
    return stdout;
  }

  must("initdb", [`--pgdata=${data}`, "--username=gateway", "--auth=trust", "--encoding=UTF8", "--no-sync"]);
  appendFileSync(
    join(data, "postgresql.conf"),
    `listen_addresses = ''\nunix_socket_directories = '${folder}'\nmax_connections = 100\nfsync = ${durable ? "on" : "off"}\n`,
  );
  let server;

  async function run() {
    server = spawn(join(programs, "postgres"), ["-D", data], { ...options, stdio: "ignore" });
    const deadline = Date.now() + STARTS_WITHIN_MS;
    await until(() => {
      if (spawnSync(join(programs, "pg_isready"), ["--host", folder], options).status === 0) return true;
      if (server.exitCode !== null || Date.now() > deadline) throw new Error("PostgreSQL did not start");
      return false;
    });
  }

  async function stop(signal) {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const closed = once(server, "exit");
    server.kill(signal);
    await closed;
  }

  const sql = (text, name = "postgres") =>
    must("psql", [
      "--no-psqlrc",
      "--quiet",
      "--tuples-only",
      "--no-align",
      "--set=ON_ERROR_STOP=1",
      `--host=${folder}`,
      "--username=gateway",
      `--dbname=${name}`,
      `--command=${text}`,
    ]).trim();
  const urlOf = (name, role = "gateway") => `postgres://${role}@localhost/${name}?host=${folder}`;
  const create = (name) => {
    sql(`CREATE DATABASE "${name}"`);
    return urlOf(name);
  };
  // The server ends with this process, whatever ends it short of SIGKILL.
  const atExit = () => server?.kill("SIGQUIT");
  process.once("exit", atExit);
  await run();
  return {
    url: create(NAME),
    urlOf,
    create,
    sql,
    /** Ends the server at once, as a crash does, and starts it again. */
    async restart() {
      await stop("SIGQUIT");
      await run();
    },
    stop: () => stop("SIGQUIT"),
    run,
    async close() {
      process.off("exit", atExit);
      await stop("SIGQUIT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
