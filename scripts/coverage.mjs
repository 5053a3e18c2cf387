// npm run coverage: runs the Rust tests with instrumented code, and the Node suites with V8's coverage, and prints which
// lines no test runs, by part. target/coverage/ has the whole report: lcov.info for both, rust/html/ for Rust.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "./build.mjs";
import { run } from "./lib/process.mjs";
import { command, line } from "./lib/progress.mjs";
import { at, projectEnv, root } from "./lib/project.mjs";
import { forBuild, setUp } from "./setup.mjs";

const out = at("target", "coverage");
const reports = { rust: join(out, "rust.info"), node: join(out, "node.info") };
/** What the Node suites run outside of workerd and of browsers, where V8 writes no coverage. */
const NODE_SOURCES = ["pkg/**", "host/**", "server/**"];
const NODE_TESTS = ["node", "server", "storage"].map((folder) => `tests/${folder}/*.test.{js,mjs}`);
/** Files that the report names because most of their lines are not covered, or many are. */
const LISTED = 15;

/** The lines of an lcov report: path → [covered, all]. */
export function lines(report) {
  const files = new Map();
  for (const record of report.split("end_of_record\n")) {
    const path = /^SF:(.*)$/m.exec(record)?.[1];
    if (!path) continue;
    const known = files.get(path) ?? new Map();
    for (const [, number, count] of record.matchAll(/^DA:(\d+),(\d+)/gm))
      known.set(number, Number(count) + (known.get(number) ?? 0));
    files.set(path, known);
  }
  return new Map(
    [...files].map(([path, counts]) => [path, [[...counts.values()].filter(Boolean).length, counts.size]]),
  );
}

/** The part to which a file belongs: two folders deep for Rust, one for JavaScript. */
const partOf = (path) =>
  path
    .split("/")
    .slice(0, path.startsWith("src/") ? 2 : -1)
    .join("/");

function table(rows) {
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, [covered, all]] of rows) {
    const share = `${((100 * covered) / all).toFixed(1)} %`;
    console.log(
      `  ${name.padEnd(width)}  ${share.padStart(7)}  ${String(all - covered).padStart(5)} of ${all} not run`,
    );
  }
}

await command(import.meta, async () => {
  await setUp([...forBuild, "llvmTools", "cargoLlvmCov"]);
  await build();
  mkdirSync(out, { recursive: true });
  const suites = [
    [
      "rust",
      "cargo",
      [
        "llvm-cov",
        "test",
        "--all-features",
        "--lcov",
        "--output-path",
        reports.rust,
        "--ignore-filename-regex",
        "tests/",
      ],
    ],
    [
      "node",
      "node",
      [
        "--test",
        "--experimental-test-coverage",
        "--enable-source-maps",
        ...NODE_SOURCES.map((source) => `--test-coverage-include=${source}`),
        "--test-reporter=lcov",
        `--test-reporter-destination=${reports.node}`,
        "--test-concurrency=2",
        ...NODE_TESTS,
      ],
    ],
  ];
  for (const [name, program, args] of suites) {
    await line(name, async () => {
      const { code } = await run(program, args, { env: projectEnv() });
      return code === 0 ? undefined : "some tests failed";
    });
  }

  const whole = Object.values(reports).map((file) => readFileSync(file, "utf8"));
  writeFileSync(join(out, "lcov.info"), whole.join(""));
  const files = [...lines(whole.join(""))]
    .map(([path, counts]) => [relative(root, at(path)), counts])
    .filter(([path, [, all]]) => all > 0 && !path.startsWith(".."));
  const parts = new Map();
  for (const [path, [covered, all]] of files) {
    const [before, total] = parts.get(partOf(path)) ?? [0, 0];
    parts.set(partOf(path), [before + covered, total + all]);
  }
  console.log("\nlines that the tests run");
  table([...parts].sort(([one], [other]) => (one < other ? -1 : 1)));
  console.log("\nfiles with the most lines that no test runs");
  const missing = ([, [covered, all]]) => all - covered;
  table([...files].sort((one, other) => missing(other) - missing(one)).slice(0, LISTED));
});
