// Paths of the project and the environment of its commands. install.mjs uses it before `npm ci`: Node built-ins
// only.

import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");
/** An absolute path inside the project. */
export const at = (...parts) => join(root, ...parts);

/** Tools that setup installs outside node_modules and target; git ignores them. */
export const tools = at(".tools");
/** Python with the official SDKs, for the conformance tests. */
export const python = join(tools, "python", "bin", "python");

/** The program of scripts/bindgen. */
export const bindgen = join(tools, "bindgen", "debug", "cloudauth-edge-bindgen");

const projectBins = [join(tools, "bin"), at("node_modules", ".bin")];

const foreignPath = () =>
  (process.env.PATH ?? "").split(delimiter).filter((folder) => folder && !projectBins.includes(folder));

/** The environment without the project's Node, for commands that may replace Node. */
export function machineEnv() {
  return { ...process.env, PATH: foreignPath().join(delimiter) };
}

/** The environment for every tool; the project's Node and tools take precedence. */
export function projectEnv() {
  return {
    ...process.env,
    PATH: [...projectBins, ...foreignPath()].join(delimiter),
    WRANGLER_SEND_METRICS: "false",
    // By default, `wrangler dev` stores the URL of every request, and lets anyone who can reach its port read and
    // change the ledger.
    X_LOCAL_OBSERVABILITY: "false",
    X_LOCAL_EXPLORER: "false",
  };
}

/** The full path of a program on the project's PATH, or undefined. */
export function which(name) {
  if (name.includes("/")) return isExecutable(name) ? name : undefined;
  return [...projectBins, ...foreignPath()].map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** All files below a folder, sorted. */
export function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** The folder with PostgreSQL's programs, or undefined. Debian does not put them on the PATH. */
export function postgresPrograms() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => b - a) : [];
  const folders = versions.map((version) => join(debian, version, "bin"));
  const onPath = which("initdb");
  return [...folders, ...(onPath ? [join(onPath, "..")] : [])].find((folder) =>
    ["initdb", "postgres", "psql", "pg_isready"].every((program) => isExecutable(join(folder, program))),
  );
}

/** The browser and its driver: from CHROME_PATH and CHROMEDRIVER, otherwise from the PATH. */
export function browser() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const chrome = process.env.CHROME_PATH || names.map(which).find(Boolean);
  const driver = process.env.CHROMEDRIVER || which("chromedriver");
  return {
    chrome: chrome && existsSync(chrome) ? chrome : undefined,
    driver: driver && existsSync(driver) ? driver : undefined,
  };
}
