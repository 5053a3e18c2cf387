// npm run mutants -- <path below src or pkg/src> …: changes the code in one place at a time and runs the tests that
// should fail, in a copy of the project. Takes hours for everything, so pass a folder or a file. docs/evidence.md has
// results.

import { existsSync, mkdirSync } from "node:fs";
import { build } from "./build.mjs";
import { Failure, follow } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";
import { forBuild, setUp } from "./setup.mjs";

/**
 * Features and integration tests for each part, in addition to the unit tests. With fewer features, compiling is
 * several times faster. Other parts run all tests with all features.
 */
const TESTS = {
  "src/signing": { features: "sandbox", tests: ["signature_vectors", "requests", "sandbox"] },
  "src/actions": { features: "", tests: ["requests"] },
  "src/client/response.rs": { features: "", tests: ["answers"] },
  "src/client/retry.rs": { features: "", tests: ["answers", "calls", "sans_io"] },
  "src/gateway": { features: "gateway,sandbox", tests: ["gateway", "sandbox"] },
  "src/rpc_server": { features: "gateway,sandbox", tests: ["gateway", "sandbox"] },
};
/** Tests of many schedules and of large inputs, which take a minute; a change takes five seconds without them. */
const SKIPPED = ["schedules", "model", "privacy"].flatMap((name) => ["--skip", name]);

/** Without the slow tests, compiling takes most of the time. */
const UNOPTIMIZED = "--cargo-arg=--config=profile.test.opt-level=0";

function testsOf(path) {
  const part = Object.keys(TESTS).find((each) => path === each || path.startsWith(`${each}/`));
  // The features stand before `--`, so that they also apply to the build, which finds out what does not compile.
  if (!part) return ["--all-features"];
  const { features, tests } = TESTS[part];
  const chosen = tests.flatMap((name) => ["--test", name]);
  return [`--features=${features}`, "--", "--lib", ...chosen, "--", ...SKIPPED];
}

/** Runs Stryker with the tests of scripts/stryker/stryker.config.json; target/mutants/typescript.json has the results. */
async function ofTypeScript(paths) {
  await setUp([...forBuild, "stryker"]);
  // Stryker's copy then has to compile the npm package only.
  await build();
  const program = at("scripts", "stryker", "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");
  const files = paths.map((path) => (path.endsWith(".ts") ? path : `${path}/**/*.ts`));
  const config = at("scripts", "stryker", "stryker.config.json");
  await follow("node", [program, "run", config, "--mutate", files.join()]);
}

async function ofRust(paths) {
  await setUp(["rust", "cargoMutants"]);
  const failed = [];
  for (const path of paths) {
    const files = path.endsWith(".rs") ? path : `${path}/**`;
    const output = at("target", "mutants", path.replaceAll("/", "-"));
    mkdirSync(output, { recursive: true });
    console.log(`mutants of ${path}; results in ${output}`);
    const mutants = [
      "mutants",
      `--file=${files}`,
      `--output=${output}`,
      "--timeout=300",
      "--iterate",
      UNOPTIMIZED,
    ];
    try {
      await follow("cargo", [...mutants, ...testsOf(path)]);
    } catch (error) {
      // Survivors of one part do not keep the others from being tested.
      failed.push(error);
    }
  }
  if (failed.length > 0)
    throw new Failure(failed.map(({ message }) => message).join("\n"), {
      advice:
        "A test is missing for each line of missed.txt. Run this command again: mutants that were caught are not repeated.",
    });
}

const isTypeScript = (path) => /^pkg\/src(\/|$)/.test(path);

await command(import.meta, async (args) => {
  const unusable = args.find((path) => !/^(pkg\/)?src(\/|$)/.test(path) || !existsSync(at(path)));
  if (args.length === 0 || unusable)
    throw new Failure("Usage: npm run mutants -- src/signing [src/client/retry.rs pkg/src/waits.ts …]", {
      advice: unusable && `${unusable} is not a file or folder below src/ or pkg/src/.`,
    });
  const rust = args.filter((path) => !isTypeScript(path));
  const typeScript = args.filter(isTypeScript);
  if (rust.length > 0) await ofRust(rust);
  if (typeScript.length > 0) await ofTypeScript(typeScript);
});
