// The recipes of docs/guide/testing.md: each is a test file in projects/recipes, for Vitest, or projects/recipes-jest.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { consumer, tools } from "./lib/consumer.mjs";

/** What the runner itself counted. */
const counted = (project) => JSON.parse(readFileSync(join(project.folder, "results.json"), "utf8"));

function assertPassed(project, pattern) {
  const files = readdirSync(project.folder).filter((name) => pattern.test(name));
  const { numFailedTests, numPassedTests, numTotalTests, testResults } = counted(project);
  assert.equal(testResults.length, files.length, "every file is run");
  assert.ok(files.length > 0 && numPassedTests >= files.length);
  assert.deepEqual([numFailedTests, numPassedTests], [0, numTotalTests]);
}

test("with Vitest", async () => {
  const project = await consumer("recipes", { withTools: true });
  await project.must("vitest", ["run", "--reporter=default", "--reporter=json", "--outputFile=results.json"]);
  assertPassed(project, /\.test\.js$/);
});

for (const version of [29, 30]) {
  test(`with Jest ${version}`, async () => {
    const project = await consumer("recipes-jest");
    const jest = join(tools, `jest-${version}`, "bin", "jest.js");
    await project.must("node", [jest, "--ci", "--json", "--outputFile=results.json"]);
    assertPassed(project, /\.spec\.js$/);
  });
}
