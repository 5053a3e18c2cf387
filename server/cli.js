#!/usr/bin/env node
/** cloudauth-edge-gateway: the command. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
import { CALLER_OPTIONS, areCallerArguments, callerUsage } from "../host/caller-command.js";
import { Failure } from "../host/failure.js";

const NODE_NEEDED = 24;
/** From sysexits.h. After the first two, restarting does not help. */
const EXIT_USAGE = 64;
const EXIT_SETTINGS = 78;
const EXIT_TRY_LATER = 75;

const SETTINGS_FILE = { en: "the file of --settings", zh: "--settings 指定的文件" };

const USAGE = `Usage: cloudauth-edge-gateway [command] [options]

The gateway in front of Alibaba Cloud face verification, with a database on this machine or PostgreSQL.
阿里云金融级实人认证网关，使用本机数据库或 PostgreSQL。

  demo                      serve with a sandbox as upstream, and no settings
    [--port <port>] [--sandbox-port <port>]                                 与沙箱一起启动演示，无需设置
  serve                     serve (the default)                             启动服务（默认）
  check [url]               what is wrong with the settings, here or there  检查本机设置，或检查运行中的网关
${callerUsage(SETTINGS_FILE)}  backup <file>             copy the database, also while it is served      备份数据库，服务运行时亦可
  restore <file> [--replace]  put a copy in the database's place            从备份恢复
  migrate                   make or update the tables in PostgreSQL         创建或升级 PostgreSQL 中的表

  --settings <path>         a file with settings (.env); the environment takes precedence
                                                                            设置文件，环境变量优先
  --help, --version

Settings 设置: GATEWAY_LISTEN, GATEWAY_METRICS_LISTEN, GATEWAY_DATABASE, GATEWAY_LEASE_SECONDS,
GATEWAY_TRUSTED_PROXIES, GATEWAY_SHUTDOWN_SECONDS, and those of every deployment of the gateway: docs/gateway.md
以及各部署方式通用的设置：docs/guide/gateway.zh-CN.md
`;

/** @satisfies {import("node:util").ParseArgsOptionsConfig} */
const OPTIONS = {
  ...CALLER_OPTIONS,
  help: { type: "boolean", short: "h" },
  port: { type: "string" },
  replace: { type: "boolean" },
  "sandbox-port": { type: "string" },
  // Node consumes --env-file itself, wherever it is.
  settings: { type: "string" },
  version: { type: "boolean" },
};

/**
 * @typedef {import("../host/caller-command.js").CallerOptions & { file?: string | undefined, port?: string, replace?: boolean, "sandbox-port"?: string }} Options
 *
 * @typedef {object} Command
 * @property {number} least
 * @property {number} most
 * @property {string[]} options
 * @property {(rest: any, options: Options) => Promise<void>} run
 */

/**
 * Commands: number of arguments, options, and action.
 *
 * @type {Record<string, Command>}
 */
const COMMANDS = {
  demo: { least: 0, most: 0, options: ["port", "sandbox-port"], run: demo },
  serve: { least: 0, most: 0, options: [], run: serve },
  check: { least: 0, most: 1, options: [], run: check },
  caller: { least: 1, most: 2, options: Object.keys(CALLER_OPTIONS), run: editCallers },
  backup: { least: 1, most: 1, options: [], run: makeBackup },
  restore: { least: 1, most: 1, options: ["replace"], run: putBack },
  migrate: { least: 0, most: 0, options: [], run: migrateDatabase },
};

class UsageFailure extends Failure {
  /** @param {string} english */
  constructor(english) {
    super(english, `命令或参数有误，用法如下。\n\n${USAGE}`);
  }
}

/** @param {string[]} args */
function readArguments(args) {
  let parsed;
  try {
    parsed = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (/** @type {any} */ error) {
    throw new UsageFailure(error.message);
  }
  const { values, positionals } = parsed;
  const [name = "serve", ...rest] = positionals;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const { settings: file, help, version, ...options } = values;
  if (help || version) return { help, version };
  const fits =
    command &&
    rest.length >= command.least &&
    rest.length <= command.most &&
    Object.keys(options).every((option) => command.options.includes(option)) &&
    (name !== "caller" || areCallerArguments(rest, options));
  if (!fits) throw new UsageFailure("The arguments are not valid.");
  return { command, rest, options, file };
}

const packageVersion = () =>
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;

/**
 * The settings, with the problems of this host's own settings.
 *
 * @param {string} [file]
 */
async function readSettings(file) {
  const { settingsFrom, variablesOf } = await import("./settings.js");
  const all = variablesOf(process.env, file);
  return { all, ...settingsFrom(all) };
}

/**
 * The settings; throws if any setting has a problem.
 *
 * @param {string} [file]
 */
async function checked(file) {
  const { loadedCore } = await import("./gateway.js");
  const { mustBeComplete, readinessOf } = await import("../host/operator.js");
  const settings = await readSettings(file);
  const { problems, mode } = readinessOf(loadedCore(), settings.variables);
  mustBeComplete([...settings.problems, ...problems]);
  return { ...settings, mode };
}

/**
 * Reports where it cannot listen, and which option or setting selects another address.
 *
 * @param {any} error
 * @param {string} en
 * @param {string} [zh]
 */
function listenFailure(error, en, zh) {
  const { syscall, code } = error;
  if (syscall !== "listen" && syscall !== "getaddrinfo") return error;
  const place = syscall === "listen" ? `${error.address}:${error.port}` : error.hostname;
  return new Failure(
    `It cannot listen on ${place} (${code}); see ${en}.`,
    `无法监听 ${place}（${code}），请检查 ${zh ?? en}。`,
    // The last process still listens, or the network is not up yet.
    { passing: ["EADDRINUSE", "EADDRNOTAVAIL", "EAI_AGAIN"].includes(code) },
  );
}

/**
 * Ends the process on a signal, after `stop` has completed the work in progress; `say` reports each step.
 *
 * @param {() => Promise<boolean>} stop
 * @param {(line: object) => void} say
 */
function stopOnSignal(stop, say) {
  let asked = false;
  const end = async (/** @type {string} */ signal) => {
    // A second signal ends the process at once.
    if (asked) process.exit(1);
    asked = true;
    const stopped = stop();
    say({ stopping: signal });
    const inTime = await stopped;
    say({ stopped: inTime ? "all that was begun has ended" : "time ran out" });
    process.exit(inTime ? 0 : 1);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, end);
}

/** @param {object} line */
const log = (line) => console.log(JSON.stringify(line));

/**
 * @param {string[]} _
 * @param {Options} options
 */
async function serve(_, { file }) {
  const { startGateway } = await import("./gateway.js");
  // Only this user may read the files that are created.
  process.umask(0o077);
  const settings = await checked(file);
  const gateway = await startGateway(settings).catch((error) => {
    throw listenFailure(
      error,
      "GATEWAY_LISTEN and GATEWAY_METRICS_LISTEN",
      "GATEWAY_LISTEN 与 GATEWAY_METRICS_LISTEN",
    );
  });
  gateway.lost.then(() => {
    console.error(
      JSON.stringify({
        ended: "another instance has taken over, because this one did not renew its lease in time",
      }),
    );
    process.exit(1);
  });
  stopOnSignal(gateway.stop, log);
  // Printed last: the reader of this line may send a signal or a request.
  const { url, metricsUrl, instance, database, created } = gateway;
  const { mode = "production" } = settings;
  log({
    listening: url,
    metrics: metricsUrl,
    database,
    ...(created && { created }),
    mode,
    instance,
    version: packageVersion(),
  });
}

/**
 * @param {string} option
 * @param {string} text
 */
function portOf(option, text) {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UsageFailure(`${option} must be a port from 0 to 65535. ${option} 应为 0 到 65535 的端口。`);
}

/**
 * @param {string[]} _
 * @param {Options} options
 */
async function demo(_, { port = "8787", "sandbox-port": sandboxPort = "8788" }) {
  const ports = { port: portOf("--port", port), sandboxPort: portOf("--sandbox-port", sandboxPort) };
  const { startDemo } = await import("./demo.js");
  const { welcome } = await import("./welcome.js");
  process.umask(0o077);
  const started = await startDemo(ports).catch((error) => {
    throw listenFailure(error, "--port, --sandbox-port");
  });
  stopOnSignal(started.stop, () => {});
  console.log(`\n${welcome(started)}\n`);
}

/**
 * @param {string[]} args
 * @param {Options} options
 */
async function check([url], { file }) {
  const { complete, mustBeComplete, readinessAt } = await import("../host/operator.js");
  if (url === undefined) {
    const { mode } = await checked(file);
    if (file !== undefined && process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0)
      console.log(
        `Other users of this machine can read the secrets in ${file}: chmod 600 ${file}\n本机其他用户可读取 ${file} 中的密钥，请执行 chmod 600 ${file}`,
      );
    console.log(complete(mode));
  } else {
    const { problems, mode } = await readinessAt(url);
    mustBeComplete(problems);
    console.log(complete(mode));
  }
}

/**
 * @param {string[]} args
 * @param {Options} options
 */
async function editCallers(args, options) {
  const { callerCommand } = await import("../host/caller-command.js");
  const { loadedCore } = await import("./gateway.js");
  const { variables } = await readSettings(options.file);
  callerCommand(loadedCore(), variables, args, options, SETTINGS_FILE);
}

/** @param {string} [file] */
async function databaseOf(file) {
  const { mustBeComplete } = await import("../host/operator.js");
  const { all, own, problems } = await readSettings(file);
  mustBeComplete(problems.filter(({ field }) => field === "GATEWAY_DATABASE"));
  return { database: own.GATEWAY_DATABASE, isNamed: Boolean(all.GATEWAY_DATABASE) };
}

/**
 * The path of the SQLite file; throws if the database is another one.
 *
 * @param {string} [file]
 */
async function sqliteFile(file) {
  const { isPostgres } = await import("./settings.js");
  const { database, isNamed } = await databaseOf(file);
  // The service may have the setting from its supervisor.
  if (!isNamed && !existsSync(database)) {
    throw new Failure(
      `There is no ${database} in this folder: set GATEWAY_DATABASE to the file that the service uses.`,
      `当前目录下没有 ${database}：请将 GATEWAY_DATABASE 设为服务所用的数据库文件。`,
    );
  }
  if (isPostgres(database)) {
    throw new Failure(
      "GATEWAY_DATABASE names a PostgreSQL database: use its own tools, such as pg_dump and pg_restore.",
      "GATEWAY_DATABASE 指定的是 PostgreSQL 数据库：请使用 pg_dump、pg_restore 等数据库自带的工具。",
    );
  }
  return database;
}

/**
 * @param {string[]} _
 * @param {Options} options
 */
async function migrateDatabase(_, { file }) {
  const { isPostgres } = await import("./settings.js");
  const { migrate } = await import("./postgres-schema.js");
  const { database } = await databaseOf(file);
  if (!isPostgres(database)) {
    throw new Failure(
      "GATEWAY_DATABASE names a file, which serve migrates itself.",
      "GATEWAY_DATABASE 指定的是文件，serve 启动时会自动升级。",
    );
  }
  await migrate(database);
  console.log("The database has the current tables.\n数据库的表已是当前版本。");
}

/**
 * @param {[string]} args
 * @param {Options} options
 */
async function makeBackup([copy], { file }) {
  const { backup } = await import("./sqlite.js");
  process.umask(0o077);
  backup(await sqliteFile(file), copy);
  console.log(`Copied and checked: ${copy}\n已备份并校验：${copy}`);
}

/**
 * @param {[string]} args
 * @param {Options} options
 */
async function putBack([copy], { file, replace }) {
  const { restore } = await import("./sqlite.js");
  process.umask(0o077);
  const path = await sqliteFile(file);
  restore(copy, path, { replace });
  console.log(`Restored: ${path}\n已恢复：${path}`);
}

try {
  if (Number.parseInt(process.versions.node, 10) < NODE_NEEDED) {
    throw new Failure(
      `It needs Node ${NODE_NEEDED} or newer, and this is ${process.versions.node}.`,
      `需要 Node ${NODE_NEEDED} 或更高版本，当前版本为 ${process.versions.node}。`,
    );
  }
  const { command, rest, options, file, help, version } = readArguments(process.argv.slice(2));
  if (help) process.stdout.write(USAGE);
  else if (version) console.log(packageVersion());
  else await command?.run(rest, { file, ...options });
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  const code = error instanceof UsageFailure ? EXIT_USAGE : error.passing ? EXIT_TRY_LATER : EXIT_SETTINGS;
  // Also ends connections to PostgreSQL that could not log in, which its driver leaves open.
  process.stderr.write(`${error.message}\n`, () => process.exit(code));
}
