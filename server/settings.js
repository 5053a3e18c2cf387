/** Settings of the core and of this host, from the environment and a .env file. */

import { existsSync, readFileSync } from "node:fs";
import { BlockList, isIP } from "node:net";
import { IS_SETTING } from "../host/core.js";
import { envSettings } from "../host/env-file.js";
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

/**
 * This host's own settings: default, parser, and error message.
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
    // A connection string of another database is not a file name.
    read: (text) => (isPostgres(text) ? postgresUrl(text) : /^[a-z]+:\/\//i.test(text) ? undefined : text),
    en: "must be the path of a file on a local disk, or a connection string such as postgres://gateway@db.example/gateway?sslmode=verify-full whose files (sslrootcert, sslcert, sslkey) can be read.",
    zh: "应为本地磁盘上的文件路径，或 postgres://gateway@db.example/gateway?sslmode=verify-full 形式的连接字符串，其中的文件（sslrootcert、sslcert、sslkey）应可读取。",
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

/** The names of this host's own settings. */
export const OWN_NAMES = Object.keys(OWN);

/**
 * Reads the settings; the environment takes precedence over the file.
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
  }
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
    own[name] = read(all[name] || otherwise);
    if (own[name] === undefined) problems.push({ field: name, messages: { en, zh } });
  }
  const { GATEWAY_LISTEN: place } = /** @type {Partial<Own>} */ (own);
  // Its token is published, and a Host header proves nothing about who connects.
  if (variables.GATEWAY_MODE === "development" && place && !isLoopback(place.host))
    problems.push({ field: "GATEWAY_LISTEN", messages: LOOPBACK_ONLY });
  return { variables, own: /** @type {any} */ (own), problems };
}

/**
 * Whether the setting names a PostgreSQL database rather than a file.
 *
 * @param {string} database
 */
export const isPostgres = (database) => /^postgres(ql)?:\/\//i.test(database);

/** @param {string} text */
function postgresUrl(text) {
  const parameters = URL.parse(text)?.searchParams;
  if (!parameters) return undefined;
  const files = ["sslrootcert", "sslcert", "sslkey"].flatMap((name) => parameters.get(name) || []);
  return files.every(isReadable) ? text : undefined;
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

/** @param {string} host */
const isLoopback = (host) => /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host);

/** @param {string} text */
function listenAddress(text) {
  const [, six, other, digits] = text.match(/^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535 || (six && isIP(six) !== 6)) return undefined;
  return { host: six ?? other, port };
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
