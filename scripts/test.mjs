// npm test [-- --only suite,suite]
// Runs the suites one after another; a command that passes no tests fails.

import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { Failure, run, stopping } from "./lib/process.mjs";
import { command, line, seconds } from "./lib/progress.mjs";
import { at, browser, projectEnv, root, tools } from "./lib/project.mjs";
import { setUp } from "./setup.mjs";

/** Ends a program that hangs; not a limit on speed. */
const LIMIT_MS = 30 * 60_000;
const NODE_TEST_LIMIT_MS = 5 * 60_000;

const clippy = (...args) => ["cargo", "clippy", ...args, "--", "--deny", "warnings"];
/** Test files that run at the same time: servers and browsers make each of them wait. */
const FILES_AT_ONCE = 2;
/** The client for Rust programs on wasm32, tested against the sandbox of the same crate. */
const forPrograms = ["--", "--features", "client,fetch,sandbox"];
const wasm32 = ["--target", "wasm32-unknown-unknown"];

/** The test files below tests/ with a name, which can be a pattern. Node's own patterns may match nothing. */
function testFiles(name) {
  const files = globSync(`tests/${name}.test.{js,mjs}`, { cwd: root }).sort();
  if (files.length === 0) throw new Error(`No test file is named tests/${name}.test.mjs`);
  return files;
}

/** Runs test files with Node's test runner. */
const nodeTests = (names, limitMs = NODE_TEST_LIMIT_MS) => [
  [
    "node",
    "--test",
    "--test-reporter=spec",
    `--test-concurrency=${FILES_AT_ONCE}`,
    `--test-timeout=${limitMs}`,
    ...names.flatMap(testFiles),
  ],
];

/** Tests of the gateway that every host and every store passes. */
const everyHost = [
  ...["alarm", "faults", "gateway", "hostile", "polls", "privacy", "race", "webhook"].map(
    (name) => `worker/${name}`,
  ),
  // The official SDKs through the gateway.
  "conformance/gateway",
];

/**
 * name      as in --only
 * needs     what setup must have installed, in addition to Rust
 * built     whether it loads the output of scripts/build.mjs
 * counted   whether its runners print the number of passed tests, which must then be at least one for each command
 * env       additional environment variables of its commands
 * commands  run in order; each runs regardless of the others' results
 */
const suites = [
  {
    name: "format",
    needs: ["rustLints"],
    commands: [
      ["cargo", "fmt", "--all", "--check", "--", "--color=never"],
      ["prettier", "--check", "--log-level=warn", "."],
    ],
  },
  {
    name: "lint",
    needs: ["rustLints", "wasm32", "reference"],
    commands: [
      clippy("--all-targets", "--all-features"),
      clippy("--all-targets", "--no-default-features"),
      clippy(...wasm32, "--no-default-features", "--features", "identity"),
      clippy(...wasm32, "--no-default-features", "--features", "client"),
      clippy(...wasm32, "--no-default-features", "--features", "gateway-module"),
      clippy(...wasm32, "--no-default-features", "--features", "sandbox-module"),
      clippy(...wasm32, "--no-default-features", "--features", "fetch"),
      clippy(...wasm32, "--features", "client,gateway-module,sandbox-module,lab"),
      ["cargo", "doc", "--no-deps", "--all-features"],
      ["cargo", "doc", "--no-deps", ...wasm32, "--features", "fetch"],
      ["oxlint", "--deny-warnings"],
      ["node", "scripts/locks.mjs"],
      ["node", "scripts/supply.mjs"],
      ["node", "scripts/cycles.mjs"],
      ["node", "scripts/prose.mjs"],
      ["node", "scripts/generate.mjs", "--check"],
      ["tsc", "--project", "www"],
      ["tsc", "--project", "pkg", "--noEmit"],
      ["node", "scripts/hosts.mjs"],
    ],
  },
  { name: "rust", counted: true, commands: [["cargo", "test", "--all-features"]] },
  {
    name: "wasm-node",
    needs: ["wasm32", "wasmTestRunner", "wasmPack"],
    counted: true,
    commands: [["wasm-pack", "test", "--mode", "no-install", "--node", ...forPrograms]],
  },
  {
    name: "wasm-browser",
    needs: ["wasm32", "wasmTestRunner", "wasmPack", "browser"],
    counted: true,
    commands: [["wasm-pack", "test", "--mode", "no-install", "--headless", "--chrome", ...forPrograms]],
  },
  { name: "node", built: true, counted: true, commands: nodeTests(["node/*"]) },
  { name: "worker", built: true, counted: true, commands: nodeTests(["worker/*"]) },
  { name: "storage", needs: ["postgres"], built: true, counted: true, commands: nodeTests(["storage/*"]) },
  {
    name: "server",
    needs: ["python"],
    built: true,
    counted: true,
    env: { TEST_GATEWAY_HOST: "node" },
    commands: [
      ...nodeTests(["server/*"]),
      ...nodeTests([
        ...everyHost,
        ...["callers", "endpoints", "gateway-client", "modes", "vendor"].map((name) => `worker/${name}`),
      ]),
    ],
  },
  {
    name: "postgres",
    needs: ["postgres", "python"],
    built: true,
    counted: true,
    env: { TEST_GATEWAY_HOST: "node", TEST_GATEWAY_DATABASE: "postgres" },
    commands: [
      ...nodeTests(["postgres/*"]),
      // Without what does not depend on the database.
      ...nodeTests(everyHost),
    ],
  },
  {
    name: "browser",
    needs: ["browser"],
    built: true,
    counted: true,
    commands: nodeTests(["browser/*"], LIMIT_MS),
  },
  {
    name: "conformance",
    needs: ["python"],
    built: true,
    counted: true,
    commands: nodeTests(["conformance/*"]),
  },
  {
    name: "examples",
    needs: ["consumers", "examples"],
    built: true,
    counted: true,
    commands: nodeTests(["examples/*"], LIMIT_MS),
  },
  { name: "docs", built: true, counted: true, commands: nodeTests(["docs/*"], LIMIT_MS) },
  {
    name: "packaging",
    needs: ["browser", "consumers"],
    built: true,
    counted: true,
    commands: nodeTests(["packaging/*"]),
  },
  { name: "types", needs: ["consumers"], built: true, counted: true, commands: nodeTests(["types/*"]) },
  { name: "size", built: true, commands: [["node", "scripts/size.mjs"]] },
];

/** The closing lines of cargo, wasm-bindgen-test and node, and the table of sizes. */
const CLOSING = /^\s*(test result: .*|ℹ (tests|suites|pass|fail|cancelled|skipped|todo) \d+|size .*|.* KB)$/;
/** A test that Node's runner skipped, with the reason. The runner does not count skipped suites. */
const SKIPPED = /^\s*﹣ /;

function counts(lines) {
  const sum = (pattern) =>
    lines.reduce((total, text) => total + Number(text.match(pattern)?.slice(1).find(Boolean) ?? 0), 0);
  return {
    passed: sum(/(\d+) passed|ℹ pass (\d+)/),
    skipped: sum(/(\d+) ignored|ℹ todo (\d+)/) + lines.filter((text) => SKIPPED.test(text)).length,
  };
}

/** Environment of the browser suites: the browser, its driver, and Chromium's flags. */
function browserEnv() {
  const { chrome, driver } = browser();
  const env = { CHROMEDRIVER: driver, CHROME_PATH: chrome };
  if (process.env.CHROME_PATH) {
    const capabilities = JSON.parse(readFileSync(at("webdriver.json"), "utf8"));
    capabilities["goog:chromeOptions"].binary = chrome;
    mkdirSync(tools, { recursive: true });
    env.WASM_BINDGEN_TEST_WEBDRIVER_JSON = join(tools, "webdriver.json");
    writeFileSync(env.WASM_BINDGEN_TEST_WEBDRIVER_JSON, JSON.stringify(capabilities));
  }
  return env;
}

function suiteEnv({ needs = [], env }) {
  return {
    ...projectEnv(),
    ...(needs.includes("browser") ? browserEnv() : {}),
    ...env,
    CARGO_TERM_COLOR: "never",
    FORCE_COLOR: "0",
    RUSTDOCFLAGS: "--deny warnings",
    WASM_BINDGEN_TEST_TIMEOUT: "300",
  };
}

async function runSuite(suite) {
  const env = suiteEnv(suite);
  const begun = Date.now();
  const closing = [];
  const failures = [];
  for (const [program, ...args] of suite.commands) {
    const { code, output } = await run(program, args, { env, limitMs: LIMIT_MS });
    const results = output.split("\n").filter((text) => CLOSING.test(text) || SKIPPED.test(text));
    closing.push(...results);
    const wrong =
      code !== 0
        ? `ended with code ${code}`
        : suite.counted && counts(results).passed === 0 && "passed no tests";
    if (wrong) failures.push(`${output.trimEnd()}\n${[program, ...args].join(" ")} ${wrong}`);
  }
  const { passed, skipped } = counts(closing);
  const numbers = suite.counted ? `  ${passed} passed${skipped ? `, ${skipped} skipped` : ""}` : "";
  const failure = failures.join("\n\n");
  const summary = `  ${failure ? "failed" : "passed"}  ${suite.name.padEnd(14)} ${seconds(begun).padStart(8)}${numbers}`;
  return { failure, closing, summary };
}

function chosen(args) {
  if (args.length === 0) return suites;
  const [option, value] = args[0].split("=");
  const names = (value ?? args[1] ?? "").split(",");
  const known = suites.map((suite) => suite.name);
  const unknown = names.find((name) => !known.includes(name));
  if (option !== "--only" || args.length > (value === undefined ? 2 : 1) || unknown !== undefined) {
    throw new Failure(`Usage: npm test [-- --only suite,suite]; the suites are ${known.join(", ")}`);
  }
  return suites.filter((suite) => names.includes(suite.name));
}

await command(import.meta, async (args) => {
  const wanted = chosen(args);
  const needsBuild = wanted.some((suite) => suite.built);
  const needs = wanted.flatMap((suite) => suite.needs ?? []);
  await setUp(["rust", ...(needsBuild ? ["wasm32", "bindgen"] : []), ...needs]);
  if (needsBuild) await build();

  console.log("test");
  const results = [];
  for (const suite of wanted) {
    let result;
    await line(suite.name, async () => {
      result = await runSuite(suite);
      return result.failure ? "FAILED" : undefined;
    });
    if (stopping()) return;
    if (result.failure) console.log(`\n${result.failure}\n`);
    for (const text of result.closing) console.log(`    ${text}`);
    results.push(result);
  }

  const failed = results.filter((result) => result.failure).length;
  console.log("");
  for (const { summary } of results) console.log(summary);
  const skipped = results.flatMap(({ closing }) => closing.filter((text) => SKIPPED.test(text)));
  if (skipped.length > 0) console.log(`\nNOT RUN\n${skipped.join("\n")}`);
  console.log(`\n${results.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
});
