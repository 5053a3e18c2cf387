// Skips steps whose inputs have not changed since they were last completed.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { at, root } from "./project.mjs";

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

/**
 * Runs a step of the build, unless it has been completed with the same inputs; then it returns "there".
 *
 * @param {string} name of the step
 * @param {string} result a file that the step makes
 * @param {string} inputs their fingerprint
 * @param {() => Promise<unknown>} step
 */
export async function unlessCurrent(name, result, inputs, step) {
  const stamp = at("target", "built-from", name);
  if (existsSync(result) && holds(stamp, inputs)) return "there";
  // A step that is interrupted is not taken for a complete one.
  rmSync(stamp, { force: true });
  await step();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, inputs);
  return undefined;
}
