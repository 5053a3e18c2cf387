// Skips steps whose inputs have not changed since they were last completed.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { at, filesUnder, root } from "./project.mjs";

/** A hash of the paths and the contents of files, and of further texts. */
export function fingerprint(files, ...texts) {
  const hash = createHash("sha256");
  for (const file of files)
    hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
  for (const text of texts) hash.update(text).update("\0");
  return hash.digest("hex");
}

/** Whether a file holds this text. */
export const holds = (file, text) => existsSync(file) && readFileSync(file, "utf8") === text;

const filesAt = (path) => (statSync(path).isDirectory() ? filesUnder(path) : [path]);

/**
 * Runs a step of the build, unless it has been completed with the same inputs and its outputs are unchanged; then it
 * returns "there".
 *
 * @param {string} name of the step
 * @param {string[]} outputs the files and folders that the step makes
 * @param {string} inputs their fingerprint
 * @param {() => Promise<unknown>} step
 */
export async function unlessCurrent(name, outputs, inputs, step) {
  const stamp = at("target", "built-from", name);
  const state = () => `${inputs}\n${fingerprint(outputs.flatMap(filesAt))}`;
  if (outputs.every((path) => existsSync(path)) && holds(stamp, state())) return "there";
  // A step that is interrupted is not taken for a complete one.
  rmSync(stamp, { force: true });
  await step();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, state());
  return undefined;
}
