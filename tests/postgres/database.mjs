// Debian's PostgreSQL in a temporary folder, on a Unix socket, for the tests.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresPrograms } from "../../scripts/lib/project.mjs";
import { until } from "../support/until.mjs";

/** The user nobody: PostgreSQL refuses to run as root. */
const OTHER_USER = 65_534;
const NAME = "gateway";

/** A server with its data and its socket in one folder. */
class Server {
  #programs;
  #options;
  #process;

  constructor(folder, port = 5432) {
    this.folder = folder;
    this.data = join(folder, "data");
    this.#programs = postgresPrograms();
    if (!this.#programs) throw new Error("PostgreSQL is missing: node scripts/setup.mjs postgres");
    const other = process.getuid?.() === 0 ? { uid: OTHER_USER, gid: OTHER_USER } : {};
    mkdirSync(folder, { recursive: true });
    if (other.uid) chownSync(folder, other.uid, other.gid);
    chmodSync(folder, 0o711);
    const env = { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC", HOME: folder, PGPORT: String(port) };
    this.#options = { ...other, env, cwd: folder };
  }

  must(program, ...args) {
    const options = { encoding: "utf8", ...this.#options };
    const { status, stdout, stderr, error } = spawnSync(join(this.#programs, program), args, options);
    if (status !== 0) throw new Error(`${program}: ${error ?? stderr + stdout}`);
    return stdout.trim();
  }

  create(durable) {
    this.must(
      "initdb",
      `--pgdata=${this.data}`,
      "--username=gateway",
      "--auth=trust",
      "--encoding=UTF8",
      "--no-sync",
    );
    this.configure("listen_addresses = ''", "max_connections = 100", `fsync = ${durable ? "on" : "off"}`);
  }

  /** Copies a running server. */
  copy({ folder }, ...options) {
    this.must(
      "pg_basebackup",
      `--pgdata=${this.data}`,
      `--host=${folder}`,
      "--username=gateway",
      "--checkpoint=fast",
      "--no-sync",
      ...options,
    );
  }

  /** Copies the log to a folder; a copy has its name when it is complete. */
  archive(folder) {
    mkdirSync(folder);
    if (this.#options.uid) chownSync(folder, this.#options.uid, this.#options.gid);
    this.configure(
      "archive_mode = on",
      `archive_command = 'cp "%p" "${folder}/%f.part" && mv "${folder}/%f.part" "${folder}/%f"'`,
    );
  }

  /** Makes the next run recover to this point of another server's log. */
  recover(archive, point) {
    writeFileSync(join(this.data, "recovery.signal"), "");
    this.configure(
      "archive_mode = off",
      `restore_command = 'cp "${archive}/%f" "%p"'`,
      `recovery_target_name = '${point}'`,
      "recovery_target_action = promote",
    );
  }

  /** @param {{ certificate: string }} tls a PEM file with a certificate and its key */
  listen({ certificate }) {
    const copy = join(this.data, "server.pem");
    writeFileSync(copy, readFileSync(certificate), { mode: 0o600 });
    if (this.#options.uid) chownSync(copy, this.#options.uid, this.#options.gid);
    this.configure(
      "listen_addresses = '127.0.0.1'",
      "ssl = on",
      "ssl_cert_file = 'server.pem'",
      "ssl_key_file = 'server.pem'",
    );
    const rules = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
    writeFileSync(join(this.data, "pg_hba.conf"), rules);
  }

  configure(...lines) {
    appendFileSync(join(this.data, "postgresql.conf"), `${lines.join("\n")}\n`);
  }

  async run() {
    const args = ["-D", this.data, "-c", `unix_socket_directories=${this.folder}`];
    const child = spawn(join(this.#programs, "postgres"), args, { ...this.#options, stdio: "ignore" });
    this.#process = child;
    const ready = [join(this.#programs, "pg_isready"), ["--host", this.folder], this.#options];
    await until(() => {
      if (spawnSync(...ready).status === 0) return true;
      if (child.exitCode !== null) throw new Error("PostgreSQL did not start");
      return false;
    });
  }

  /** Ends it immediately, as a crash does. */
  async stop() {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "exit");
    child.kill("SIGQUIT");
    await closed;
  }

  kill() {
    this.#process?.kill("SIGQUIT");
  }

  sql(text, name = "postgres") {
    return this.must(
      "psql",
      "--no-psqlrc",
      "--quiet",
      "--tuples-only",
      "--no-align",
      "--set=ON_ERROR_STOP=1",
      `--host=${this.folder}`,
      "--username=gateway",
      `--dbname=${name}`,
      `--command=${text}`,
    );
  }
}

/**
 * @param {string} [folder] a short path: that of a socket has 107 bytes at most
 * @param {{ durable?: boolean, standby?: boolean, archive?: boolean, tls?: { port: number, certificate: string } }} [options]
 *   `durable` synchronizes commits to the disk; `standby` adds a standby that confirms each commit; `archive` keeps its
 *   log, for `restoreTo`; with `tls`, it listens on a loopback port, too, and demands encryption there
 * @returns {Promise<{ url: string, create: (name: string) => string, sql: (text: string, name?: string) => string,
 *   restart: () => Promise<void>, failOver: () => Promise<void>, close: () => Promise<void> }>} `create` makes a database
 *   and returns its connection string
 */
export async function startPostgres(
  folder = mkdtempSync(join(tmpdir(), "pg-")),
  { durable = false, standby = false, archive = false, tls } = {},
) {
  let primary = new Server(join(folder, "1"), tls?.port);
  let follower, backup;
  // The server ends with this process, unless the process is killed by SIGKILL.
  const atExit = () => [primary, follower].forEach((server) => server?.kill());
  process.once("exit", atExit);
  // The name that clients use, like an address that moves to the promoted standby.
  const current = join(folder, "current");
  const direct = () => {
    symlinkSync(primary.folder, join(folder, "next"));
    renameSync(join(folder, "next"), current);
  };

  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  direct();
  primary.create(durable);
  if (tls) primary.listen(tls);
  const log = join(primary.folder, "archive");
  if (archive) primary.archive(log);
  await primary.run();
  if (standby) {
    follower = new Server(join(folder, "2"));
    follower.copy(primary, "--write-recovery-conf");
    await follower.run();
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
    primary.sql("SELECT pg_reload_conf()");
    await until(
      () => primary.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") === "1",
    );
  }

  const sql = (text, name) => primary.sql(text, name);
  const urlOf = (name, role = "gateway") => `postgres://${role}@localhost/${name}?host=${current}`;
  const create = (name) => {
    sql(`CREATE DATABASE "${name}"`);
    return urlOf(name);
  };
  return {
    url: create(NAME),
    urlOf,
    socket: join(current, ".s.PGSQL.5432"),
    create,
    sql,
    /** Crashes the server and starts it again. */
    async restart() {
      await primary.stop();
      await primary.run();
    },
    /** Crashes the primary for good and promotes the standby. */
    async failOver() {
      await primary.stop();
      primary = follower;
      follower = undefined;
      primary.sql("SELECT pg_promote()");
      direct();
    },
    /** Makes a base backup. */
    backUp() {
      backup = new Server(join(folder, "backup"));
      backup.copy(primary);
    },
    /** Ends the server; the base backup, recovered to this point of the archived log, takes its place. */
    async restoreTo(point) {
      const last = primary.sql("SELECT pg_walfile_name(pg_switch_wal())");
      await until(() => existsSync(join(log, last)));
      await primary.stop();
      backup.recover(log, point);
      primary = backup;
      await primary.run();
      await until(() => primary.sql("SELECT pg_is_in_recovery()") === "f");
      direct();
    },
    stop: () => primary.stop(),
    run: () => primary.run(),
    async close() {
      process.off("exit", atExit);
      await primary.stop();
      await follower?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
