// npm run coverage: runs the Rust tests with instrumented code, and the suites whose JavaScript runs on Node with V8's
// counters. Prints which share of the lines they run, by part, and the files with the most other lines.
// target/coverage/ has each line, in the format of lcov.

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { follow } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at, root } from "./lib/project.mjs";
import { setUp } from "./setup.mjs";

const FOLDER = at("target", "coverage");
/** Where each process that runs JavaScript writes its counters. */
const COUNTERS = join(FOLDER, "v8");
const SUITES = ["node", "storage", "server"];
/** The sources that these suites can run: the other JavaScript runs in workerd and browsers alone. */
const MEASURED = /^(pkg\/(src|bin)|host|server)\/(?!dist\/)/;
/** Number of files in the list. */
const LISTED = 20;

async function ofRust() {
  const report = join(FOLDER, "rust.info");
  const output = ["--lcov", "--output-path", report, "--ignore-filename-regex", "/(tests|fuzz)/"];
  await follow("cargo", ["llvm-cov", "test", "--all-features", ...output]);
  return filesOf(readFileSync(report, "utf8"));
}

async function ofJavaScript() {
  const { CoverageReport } = await import("monocart-coverage-reports");
  rmSync(COUNTERS, { recursive: true, force: true });
  process.env.NODE_V8_COVERAGE = COUNTERS;
  await follow("node", ["scripts/test.mjs", "--only", SUITES.join()]);
  delete process.env.NODE_V8_COVERAGE;
  const report = new CoverageReport({
    outputDir: FOLDER,
    cleanCache: true,
    clean: false,
    baseDir: root,
    reports: [["lcovonly", { file: "javascript.info" }]],
    entryFilter: ({ url }) => /\/(pkg|host|server)\//.test(url) && !url.includes("node_modules"),
    logging: "error",
  });
  await report.addFromDir(COUNTERS);
  await report.generate();
  const files = filesOf(readFileSync(join(FOLDER, "javascript.info"), "utf8"));
  return files.filter(([path]) => MEASURED.test(path));
}

/** The files of an lcov report: `[path, lines that were run, all lines]`. */
function filesOf(report) {
  return report
    .split("end_of_record\n")
    .filter((record) => record.includes("SF:"))
    .map((record) => {
      const counts = [...record.matchAll(/^DA:\d+,(\d+)/gm)].map(([, count]) => Number(count));
      const [, path] = /^SF:(.*)$/m.exec(record);
      return [
        path.startsWith("/") ? relative(root, path) : path,
        counts.filter(Boolean).length,
        counts.length,
      ];
    })
    .filter(([, , all]) => all > 0);
}

/** The sum of each part, a folder or a file below `src/`, `pkg/` and so on, and of everything. */
function parts(files) {
  const sums = new Map();
  for (const [path, run, all] of files) {
    const folder = /^(src|pkg)\//.test(path) ? path.split("/").slice(0, 2) : path.split("/").slice(0, 1);
    for (const part of [folder.join("/"), "together"]) {
      const [, before, total] = sums.get(part) ?? [part, 0, 0];
      sums.set(part, [part, before + run, total + all]);
    }
  }
  return [...sums.values()].sort(([one], [other]) => (one < other ? -1 : 1));
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
  mkdirSync(FOLDER, { recursive: true });
  const rust = await ofRust();
  const javaScript = await ofJavaScript();
  for (const [language, files] of Object.entries({ Rust: rust, JavaScript: javaScript })) {
    console.log(`\n${language}`);
    print(parts(files));
  }
  console.log("\nfiles with the most lines that no test runs");
  const missing = ([, run, all]) => all - run;
  print([...rust, ...javaScript].sort((one, other) => missing(other) - missing(one)).slice(0, LISTED));
});
