// npm run coverage: runs the Rust tests with instrumented code, and prints which share of the lines they run, by part,
// and the files with the most other lines. target/coverage/rust.info has each line, in the format of lcov.

import { mkdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { follow } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at, root } from "./lib/project.mjs";
import { setUp } from "./setup.mjs";

const REPORT = at("target", "coverage", "rust.info");
/** Number of files in the list. */
const LISTED = 12;

/** The files of an lcov report: `[path, lines that were run, all lines]`. */
function filesOf(report) {
  return report
    .split("end_of_record\n")
    .filter((record) => record.includes("SF:"))
    .map((record) => {
      const counts = [...record.matchAll(/^DA:\d+,(\d+)/gm)].map(([, count]) => Number(count));
      return [relative(root, /^SF:(.*)$/m.exec(record)[1]), counts.filter(Boolean).length, counts.length];
    });
}

function print(rows) {
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, run, all] of rows) {
    const share = `${((100 * run) / all).toFixed(1)} %`;
    console.log(`  ${name.padEnd(width)}  ${share.padStart(7)}  ${all - run} of ${all} lines not run`);
  }
}

await command(import.meta, async () => {
  await setUp(["rust", "llvmTools", "cargoLlvmCov"]);
  mkdirSync(at("target", "coverage"), { recursive: true });
  const output = ["--lcov", "--output-path", REPORT, "--ignore-filename-regex", "/(tests|fuzz)/"];
  await follow("cargo", ["llvm-cov", "test", "--all-features", ...output]);

  const files = filesOf(readFileSync(REPORT, "utf8")).filter(([, , all]) => all > 0);
  const parts = new Map();
  for (const [path, run, all] of files) {
    for (const part of [path.split("/").slice(0, 2).join("/"), "together"]) {
      const [, before, total] = parts.get(part) ?? [part, 0, 0];
      parts.set(part, [part, before + run, total + all]);
    }
  }
  print([...parts.values()].sort(([one], [other]) => (one < other ? -1 : 1)));
  console.log("\nfiles with the most lines that no test runs");
  const missing = ([, run, all]) => all - run;
  print([...files].sort((one, other) => missing(other) - missing(one)).slice(0, LISTED));
});
