/** Settings of the core and of this host, from the environment and a .env file. */

import { existsSync, readFileSync } from "node:fs";
import { BlockList, isIP, isIPv6 } from "node:net";
import { IS_SETTING } from "../host/core.js";
import { commented, envSettings } from "../host/env-file.js";
import { Failure } from "../host/failure.js";

const ENV_FILE = ".env";
const SHUTDOWN_MAX_SECONDS = 600;
const LEASE_MAX_SECONDS = 120;

/**
 * @import { SettingProblem } from "../host/types.js"
 *
 * @typedef {object} Own this host's own settings; those with a problem are undefined
 * @property {{ host: string, port: number }} GATEWAY_LISTEN
 * @property {{ host: string, port: number } | null} GATEWAY_METRICS_LISTEN null for none
 * @property {string} GATEWAY_DATABASE
 * @property {number} GATEWAY_LEASE_SECONDS
 * @property {BlockList} GATEWAY_TRUSTED_PROXIES
 * @property {number} GATEWAY_SHUTDOWN_SECONDS
 */

/** Why a value is refused, if its setting has several such texts. */
class Wrong {
  /**
   * @param {string} en
   * @param {string} zh
   */
  constructor(en, zh) {
    this.messages = { en, zh };
  }
}

/**
 * This host's own settings: default, parser, and the error message where the parser returns undefined.
 *
 * @type {Record<keyof Own, { otherwise: string, read: (text: string) => unknown } & SettingProblem["messages"]>}
 */
const OWN = {
  GATEWAY_LISTEN: {
    otherwise: "127.0.0.1:8787",
    read: listenAddress,
    en: "must be an address and a port, such as 0.0.0.0:8787 or [::]:8787.",
    zh: "应为地址与端口，例如 0.0.0.0:8787 或 [::]:8787。",
  },
  GATEWAY_METRICS_LISTEN: {
    otherwise: "127.0.0.1:9464",
    read: (text) => (text === "off" ? null : listenAddress(text)),
    en: "must be an address and a port, such as 127.0.0.1:9464, or off.",
    zh: "应为地址与端口，例如 127.0.0.1:9464；如不需要指标，设为 off。",
  },
  GATEWAY_DATABASE: {
    otherwise: "cloudauth-edge-gateway.db",
    read: databaseName,
    en: "must be the path of a file on a local disk, or a connection string such as postgres://gateway@db.example/gateway?sslmode=verify-full.",
    zh: "应为本地磁盘上的文件路径，或 postgres://gateway@db.example/gateway?sslmode=verify-full 形式的连接字符串。",
  },
  GATEWAY_LEASE_SECONDS: {
    otherwise: "15",
    read: (text) =>
      /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= LEASE_MAX_SECONDS
        ? Number(text)
        : undefined,
    en: `must be a whole number of seconds, from 1 to ${LEASE_MAX_SECONDS}.`,
    zh: `应为 1 至 ${LEASE_MAX_SECONDS} 的整数秒。`,
  },
  GATEWAY_TRUSTED_PROXIES: {
    otherwise: "",
    read: addressList,
    en: "must be IP addresses or networks such as 10.0.0.0/8, separated by commas.",
    zh: "应为以逗号分隔的 IP 地址或网段，例如 10.0.0.0/8。",
  },
  GATEWAY_SHUTDOWN_SECONDS: {
    otherwise: "25",
    read: (text) =>
      /^\d{1,3}$/.test(text) && Number(text) <= SHUTDOWN_MAX_SECONDS ? Number(text) : undefined,
    en: `must be a whole number of seconds, ${SHUTDOWN_MAX_SECONDS} at most.`,
    zh: `应为整数秒，最大 ${SHUTDOWN_MAX_SECONDS}。`,
  },
};

const IS_OF_POSTGRES = /^PG[A-Z]+$/;

/** The names of this host's own settings. */
export const OWN_NAMES = Object.keys(OWN);

/**
 * Reads the settings; the environment takes precedence over the file. The file's variables of PostgreSQL, such as
 * PGPASSWORD, are added to the environment, where the driver reads them.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} [file] must exist; by default, `.env` in the working folder, if it exists
 */
export function variablesOf(env, file) {
  const path = file ?? ENV_FILE;
  /** @type {NodeJS.Dict<string>} */
  let written = {};
  if (file !== undefined || existsSync(path)) {
    try {
      written = envSettings(path);
    } catch (/** @type {any} */ error) {
      throw new Failure(`${path} cannot be read (${error.code}).`, `无法读取 ${path}（${error.code}）。`);
    }
    const name = commented(path).find((each) => IS_SETTING.test(each) || IS_OF_POSTGRES.test(each));
    if (name !== undefined)
      throw new Failure(
        `${path}: ${name} has a # in or behind its value, which systemd and Docker take as a part of the value: write comments on lines of their own, and use values without # (in a URL, %23), or put the value in quotes, which Docker keeps.`,
        `${path}：${name} 的值之中或之后有 #，systemd 与 Docker 会把它当作值的一部分：注释请单独成行，值中不要使用 #（URL 中可写作 %23），或给值加引号（Docker 会保留引号）。`,
      );
  }
  for (const [name, value] of Object.entries(written)) if (IS_OF_POSTGRES.test(name)) env[name] ??= value;
  const all = Object.entries({ ...written, ...env }).filter(([name]) => IS_SETTING.test(name));
  return Object.fromEntries(all);
}

/**
 * @param {NodeJS.Dict<string>} all
 * @returns {{ variables: NodeJS.Dict<string>, own: Own, problems: SettingProblem[] }} `variables` for the core
 */
export function settingsFrom(all) {
  const variables = Object.fromEntries(Object.entries(all).filter(([name]) => !(name in OWN)));
  /** @type {SettingProblem[]} */
  const problems = [];
  /** @type {Record<string, unknown>} */
  const own = {};
  for (const [name, { otherwise, read, en, zh }] of Object.entries(OWN)) {
    const found = read(all[name] || otherwise);
    if (found === undefined) problems.push({ field: name, messages: { en, zh } });
    else if (found instanceof Wrong) problems.push({ field: name, messages: found.messages });
    else own[name] = found;
  }
  const {
    GATEWAY_LISTEN: place,
    GATEWAY_METRICS_LISTEN: metrics,
    GATEWAY_DATABASE: database,
  } = /** @type {Partial<Own>} */ (own);
  const { GATEWAY_MODE: mode } = variables;
  // Its token is published, and a Host header proves nothing about who connects.
  if (mode === "development" && place && !isLoopback(place.host))
    problems.push({ field: "GATEWAY_LISTEN", messages: LOOPBACK_ONLY });
  if (place && metrics && collide(place, metrics))
    problems.push({ field: "GATEWAY_METRICS_LISTEN", messages: SAME_PORT });
  const isSimulated = mode === "development" || mode === "staging";
  if (!isSimulated && database && isPostgres(database) && !isProtected(database))
    problems.push({ field: "GATEWAY_DATABASE", messages: CLEAR_TEXT });
  return { variables, own: /** @type {any} */ (own), problems };
}

/**
 * Whether the setting names a PostgreSQL database rather than a file.
 *
 * @param {string} database
 */
export const isPostgres = (database) => /^postgres(ql)?:\/\//i.test(database);

/**
 * What is not the name of a file, although SQLite would create it. None of the texts contains the value, because a
 * mistyped connection string has a password.
 *
 * @type {[pattern: RegExp, problem: Wrong][]}
 */
const NO_FILES = [
  [
    /^["'`]/,
    new Wrong("starts with a quote; write the value without quotes.", "以引号开头，请去掉值两侧的引号。"),
  ],
  [
    /^\w+\s*=/,
    new Wrong(
      "has the form keyword=value; write it as postgres://user@host:5432/database?sslmode=verify-full, or as ./… if it is a file.",
      "是 keyword=value 形式，请改写为 postgres://user@host:5432/database?sslmode=verify-full；如果是文件，请写作 ./…。",
    ),
  ],
  [
    /:\/\//,
    new Wrong(
      "has a scheme that the gateway does not know; a PostgreSQL database starts with postgres://, and a file is named by its path alone.",
      "协议不受支持：PostgreSQL 数据库以 postgres:// 开头，文件则只写路径。",
    ),
  ],
  [
    // A Windows drive has a single letter.
    /^(\w[\w+.-]+)?:/,
    new Wrong(
      "starts like a URL or is a name without a file, such as :memory:; write the path of a file, such as ./…, or a connection string that starts with postgres://.",
      "形似 URL，或是 :memory: 这类没有文件的名称；请填写文件路径（如 ./…），或以 postgres:// 开头的连接字符串。",
    ),
  ],
];

/** @param {string} text */
function databaseName(text) {
  if (text.trim() !== text)
    return new Wrong("starts or ends with white space; remove it.", "首尾有空格或换行，请删除。");
  if (isPostgres(text)) return postgresUrl(text);
  return NO_FILES.find(([pattern]) => pattern.test(text))?.[1] ?? text;
}

const SSL_MODES = ["disable", "no-verify", "prefer", "require", "verify-ca", "verify-full"];

/** @param {string} text */
function postgresUrl(text) {
  const url = parsedUrl(text);
  const [, authority = ""] = /^\w+:\/\/([^/?#]*)/.exec(text) ?? [];
  const parameter = parameterOf(url);
  if (/,/.test(authority.slice(authority.lastIndexOf("@") + 1) + (parameter("host") ?? "")))
    return new Wrong(
      "names several hosts; name one, such as that of a proxy or a virtual address which follows the primary.",
      "列出了多个主机，请只填写一个，例如始终指向主库的代理或虚拟地址。",
    );
  // Cut at a delimiter within the password, the URL can be valid and name another host.
  const isCut = [url?.pathname, ...(url?.searchParams.keys() ?? [])].some((part) => part?.includes("@"));
  if (!url || isCut || text.includes("#") || !isDecodable(url.username, url.password, url.hostname))
    return new Wrong(
      "cannot be read as a URL; percent-encode special characters of the user and the password: # as %23, / as %2F, ? as %3F, @ as %40, : as %3A, % as %25.",
      "不是有效的 URL；用户名和密码中的特殊字符须转义：# 写作 %23，/ 写作 %2F，? 写作 %3F，@ 写作 %40，: 写作 %3A，% 写作 %25。",
    );
  const mode = parameter("sslmode");
  if (mode !== undefined && !SSL_MODES.includes(mode))
    return new Wrong(
      `has an unknown sslmode; it can be ${SSL_MODES.join(", ")}.`,
      `sslmode 无效，可为 ${SSL_MODES.join("、")}。`,
    );
  const unread = ["sslrootcert", "sslcert", "sslkey"].find((name) => {
    const path = parameter(name);
    return path && !isReadable(path);
  });
  return unread
    ? new Wrong(`names a file in ${unread} that cannot be read.`, `${unread} 指定的文件无法读取。`)
    : text;
}

/**
 * The URL. The driver accepts a user without a host, too, which URLs do not allow.
 *
 * @param {string} text
 */
const parsedUrl = (text) => URL.parse(text) ?? URL.parse(text.replace(/\/\/[^/?#]*@\//, "///"));

/**
 * Reads a parameter, the last of that name as the driver does.
 *
 * @param {URL | null} url
 * @returns {(name: string) => string | undefined}
 */
const parameterOf = (url) => (name) => url?.searchParams.getAll(name).at(-1) || undefined;

/** @param {...string} parts */
function isDecodable(...parts) {
  try {
    parts.forEach(decodeURIComponent);
    return true;
  } catch {
    return false;
  }
}

/** What the driver verifies, unless it is to be compatible with libpq. */
const VERIFIED = new Set(["prefer", "require", "verify-ca", "verify-full"]);

/**
 * Whether the driver verifies the database's certificate, does not need to, or must not encrypt. Its defaults come
 * from the environment.
 *
 * @param {string} database a connection string
 */
function isProtected(database) {
  const url = parsedUrl(database);
  const parameter = parameterOf(url);
  const named = decodeURIComponent(url?.hostname ?? "").replace(/^\[|\]$/g, "");
  const host = parameter("host") || named || process.env.PGHOST || "localhost";
  if (host.startsWith("/") || isLoopback(host)) return true;
  const mode = parameter("sslmode");
  if (mode === "disable") return true;
  if (mode !== undefined)
    return parameter("uselibpqcompat") === "true" ? mode === "verify-full" : VERIFIED.has(mode);
  if (["sslrootcert", "sslcert", "sslkey"].some((name) => parameter(name) !== undefined)) return true;
  const ssl = parameter("ssl");
  if (ssl !== undefined) return ssl === "true" || ssl === "1";
  if (parameter("sslnegotiation") === "direct") return true;
  const { PGSSLMODE = "" } = process.env;
  return PGSSLMODE === "disable" || VERIFIED.has(PGSSLMODE);
}

/** @param {string} path */
function isReadable(path) {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

const LOOPBACK_ONLY = {
  en: "must be a loopback address with GATEWAY_MODE=development; a gateway that others reach needs GATEWAY_MODE=staging.",
  zh: "在 GATEWAY_MODE=development 时应为本机回环地址；如需供他人访问，请使用 GATEWAY_MODE=staging。",
};

const SAME_PORT = {
  en: "must have another port than GATEWAY_LISTEN.",
  zh: "端口应与 GATEWAY_LISTEN 的不同。",
};

const CLEAR_TEXT = {
  en: "must end with ?sslmode=verify-full in production, so that the connection to a database on another machine is encrypted and its certificate verified; sslrootcert names the file of your own certificate authority. With sslmode=disable, data and password cross the network in clear text.",
  zh: "在生产模式下应以 ?sslmode=verify-full 结尾，使到其他机器上数据库的连接加密并校验证书；自有 CA 的证书文件用 sslrootcert 指定。设为 sslmode=disable 则数据与密码明文传输。",
};

/** @param {string} host */
const isLoopback = (host) => /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host);

/** @param {string} text */
function listenAddress(text) {
  const [, six, other = "", digits] = text.match(/^(?:\[([0-9a-f:.]+)\]|([^:[\]\s*]+)):(\d{1,5})$/i) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535 || (six && isIP(six) !== 6)) return undefined;
  // The resolver takes digits and dots for a name.
  if (/^[\d.]+$/.test(other) && isIP(other) !== 4) return undefined;
  return { host: six ?? other, port };
}

/**
 * Whether a server at one of these addresses takes the port of the other.
 *
 * @param {{ host: string, port: number }} one
 * @param {{ host: string, port: number }} other
 */
function collide(one, other) {
  const hosts = [one, other].map(({ host }) => (host === "localhost" ? "127.0.0.1" : host));
  const isEvery = (/** @type {string} */ host) =>
    host === "::" || (host === "0.0.0.0" && !hosts.some((each) => isIPv6(each)));
  return one.port !== 0 && one.port === other.port && (hosts[0] === hosts[1] || hosts.some(isEvery));
}

/** @param {string} text */
function addressList(text) {
  const list = new BlockList();
  for (const part of text.split(",").map((each) => each.trim())) {
    if (part === "") continue;
    const [address = "", bits] = part.split("/");
    const family = isIP(address);
    if (family === 0) return undefined;
    const type = family === 6 ? "ipv6" : "ipv4";
    try {
      if (bits === undefined) list.addAddress(address, type);
      else if (/^\d{1,3}$/.test(bits)) list.addSubnet(address, Number(bits), type);
      else return undefined;
    } catch {
      return undefined;
    }
  }
  return list;
}
