// Prints one line per step, with its duration.

import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { excerpt, stopAll, stopChildrenOnSignals, stopping } from "./process.mjs";

export const seconds = (sinceMs) => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;

/**
 * Runs `work` and prints one line: the name immediately, the result when it is available. `work` may return a note.
 */
export async function line(name, work) {
  const begun = Date.now();
  process.stdout.write(`  ${name.padEnd(34)} `);
  try {
    const note = await work();
    console.log(note === "there" ? "there" : `${seconds(begun).padStart(7)}${note ? `  ${note}` : ""}`);
  } catch (error) {
    console.log(stopping() ? "stopped" : `failed after ${seconds(begun)}`);
    throw error;
  }
}

/**
 * Runs `work(arguments)` if the module is the main module. Prints a failure with its advice and sets the exit code.
 * Ctrl-C and SIGTERM stop the children first and then exit with `stopCode`.
 */
export async function command(meta, work, { stopCode = 130 } = {}) {
  if (!process.argv[1] || realpathSync(process.argv[1]) !== fileURLToPath(meta.url)) return;
  stopChildrenOnSignals(stopCode);
  try {
    await work(process.argv.slice(2));
  } catch (error) {
    if (stopping()) return;
    // One of ./process.mjs or of host/failure.js.
    if (error?.name === "Failure") {
      if (error.output?.trim()) console.error(`\n${excerpt(error.output)}\n`);
      console.error(error.message);
      if (error.advice) console.error(error.advice);
    } else {
      console.error(error);
    }
    process.exitCode = 1;
  } finally {
    await stopAll();
  }
}
