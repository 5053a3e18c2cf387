// Workers in `wrangler dev`, from copies of the project's configuration files.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { start } from "../../scripts/lib/process.mjs";
import { at } from "../../scripts/lib/project.mjs";
import { devArguments } from "../../scripts/lib/wrangler.mjs";
import { address } from "./programs.mjs";

/**
 * Starts a Worker with its state in a folder; port 0 is a free one.
 *
 * @param {string} config in a folder without .dev.vars, which a developer may have in the project's
 */
export const startWorker = (config, state, { port = 0, vars } = {}) =>
  start("wrangler", devArguments({ config, port, persistTo: state, vars }));

/** The address of a Worker, when it serves. */
export const workerAddress = (child) => address(child, /Ready on (http:\S+)/);

/**
 * Copies a configuration file into a folder. Its paths still refer to this project's files.
 *
 * @param {string} folder
 * @param {(text: string) => string} change
 * @returns {string} the path of the copy
 */
export function configured(folder, change = (text) => text, name = "wrangler.toml") {
  const text = readFileSync(at(name), "utf8")
    .replace('main = "', `main = "${at()}/`)
    .replace('directory = "./', `directory = "${at()}/`);
  const file = join(folder, "wrangler.toml");
  writeFileSync(file, change(text));
  return file;
}

/** wrangler.toml with all commented-out bindings enabled. */
export function everything(text) {
  const full = text.replace(/^# (?=\[\[|\w+ = )/gm, "");
  for (const binding of ["RATE_LIMITER", "METRICS"]) {
    if (!new RegExp(`^\\w+ = "${binding}"`, "m").test(full))
      throw new Error(`no ${binding} in wrangler.toml`);
  }
  return full;
}
