// The installed package in a project's tests: Jest and Vitest, in the environments that they simulate.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { consumer, tools } from "./lib/consumer.mjs";
import { assertVerified } from "./lib/expected.mjs";
import { startSandbox } from "./lib/servers.mjs";

const { endpoint, seen } = await startSandbox();
const gave = (project, file) => JSON.parse(readFileSync(join(project.folder, file), "utf8"));

for (const version of [29, 30]) {
  const jest = join(tools, `jest-${version}`, "bin", "jest.js");
  for (const [environment, results] of [
    ["node", 2],
    ["jsdom", 1],
  ]) {
    test(`Jest ${version} in its ${environment} environment`, async () => {
      const project = await consumer("jest");
      await project.must("npm", ["run", "build"]);
      assert.match(await project.must("node", [jest, "--version"]), new RegExp(`^${version}\\.`));
      const imitated =
        environment === "jsdom" ? join(tools, `jest-environment-jsdom-${version}`) : environment;
      await project.must("node", [jest, "--ci", `--env=${imitated}`]);
      const verified = gave(project, "results.json");
      assert.equal(verified.length, results);
      for (const [result, verification] of verified) await assertVerified(result, () => verification);
    });
  }
}

for (const environment of ["node", "jsdom", "happy-dom", "edge-runtime"]) {
  test(`Vitest in its ${environment} environment`, async () => {
    const project = await consumer("vitest", { withTools: true });
    await project.must("vitest", ["run", `--environment=${environment}`], { SANDBOX: endpoint });
    await assertVerified(gave(project, "result.json"), seen);
  });
}

test("Vitest in workerd, with the sandbox in it", async () => {
  const project = await consumer("vitest-workers", { withTools: true });
  await project.must("vitest", ["run"]);
  const [result, verification] = gave(project, "result.json");
  await assertVerified(result, () => verification);
});
