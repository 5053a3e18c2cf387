// npm run mutants -- <path below src> …: changes the code in one place at a time and runs the tests that should fail,
// in a copy of the project. Takes hours for the whole crate, so pass a folder or a file. docs/evidence.md has results.

import { existsSync, mkdirSync } from "node:fs";
import { Failure, follow } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";
import { setUp } from "./setup.mjs";

/**
 * Features and integration tests for each part, in addition to the unit tests. With fewer features, compiling is
 * several times faster. Other parts run all tests with all features.
 */
const TESTS = {
  "src/signing": { features: "", tests: ["signature_vectors"] },
  "src/actions": { features: "", tests: ["requests"] },
  "src/client/response.rs": { features: "", tests: ["answers"] },
  "src/client/retry.rs": { features: "", tests: ["answers", "calls"] },
  "src/gateway": { features: "gateway", tests: ["gateway"] },
  "src/rpc_server": { features: "gateway,sandbox", tests: ["gateway", "sandbox"] },
};

function testsOf(path) {
  const part = Object.keys(TESTS).find((each) => path === each || path.startsWith(`${each}/`));
  if (!part) return ["--all-features"];
  const { features, tests } = TESTS[part];
  return [`--features=${features}`, "--lib", ...tests.flatMap((name) => ["--test", name])];
}

await command(import.meta, async (args) => {
  const unusable = args.find((path) => !path.startsWith("src/") || !existsSync(at(path)));
  if (args.length === 0 || unusable)
    throw new Failure("Usage: npm run mutants -- src/signing [src/client/retry.rs …]", {
      advice: unusable && `${unusable} is not a file or folder below src/.`,
    });
  await setUp(["rust", "cargoMutants"]);
  for (const path of args) {
    const files = path.endsWith(".rs") ? path : `${path}/**`;
    const output = at("target", "mutants", path.replaceAll("/", "-"));
    mkdirSync(output, { recursive: true });
    console.log(`mutants of ${path}; results in ${output}`);
    await follow("cargo", [
      "mutants",
      `--file=${files}`,
      `--output=${output}`,
      "--timeout=300",
      "--",
      ...testsOf(path),
    ]);
  }
});
