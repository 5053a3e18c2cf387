// The installed package in a Next.js application: a route of each runtime, and a form in the browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./lib/browser.mjs";
import { consumer } from "./lib/consumer.mjs";
import { assertVerified } from "./lib/expected.mjs";
import { ask, startSandbox } from "./lib/servers.mjs";
import { address } from "../support/programs.mjs";

test("Next.js", async (t) => {
  const { endpoint, seen } = await startSandbox();
  const project = await consumer("next");
  const settings = { NEXT_TELEMETRY_DISABLED: "1" };
  await project.must("npm", ["run", "build"], settings);
  const server = project.start("npm", ["start", "--", "--hostname=127.0.0.1", "--port=0"], settings);
  const url = await address(server, /Local:\s+(http:\S+)/);

  for (const runtime of ["edge", "node"]) {
    await t.test(`a route of the ${runtime} runtime`, async () => {
      const result = await ask(url, `/api/${runtime}?sandbox=${encodeURIComponent(endpoint)}`);
      await assertVerified(result, seen);
    });
  }

  await t.test("a form in the browser, with the identity rules alone", async () => {
    const { result, modules } = await open(url, endpoint);
    assert.equal(result.birthDate, "1949-12-31");
    assert.deepEqual(modules, []);
  });
});
