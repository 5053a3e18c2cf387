// The installed package in a browser, bundled by Vite, webpack and esbuild.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { open } from "./lib/browser.mjs";
import { consumer } from "./lib/consumer.mjs";
import { assertVerified } from "./lib/expected.mjs";
import { address, serveFolder, startSandbox } from "./lib/servers.mjs";

const { endpoint, seen } = await startSandbox();

async function assertPageWorks(url) {
  const { result, modules } = await open(`${url}/?sandbox=${encodeURIComponent(endpoint)}`, endpoint);
  const { refused, ...verified } = result;
  assert.deepEqual(refused, { kind: "validation", fields: ["accessKeySecret browser"] });
  await assertVerified(verified, seen);
  // The client alone is a file; the identity rules are carried inline.
  assert.equal(new Set(modules).size, 1, modules.join("\n"));
}

for (const bundler of ["vite", "webpack", "esbuild"]) {
  test(bundler, async () => {
    const project = await consumer(bundler);
    await project.must("npm", ["run", "build"]);
    await assertPageWorks(await serveFolder(join(project.folder, "dist"), endpoint));
  });
}

test("vite, while developing", async () => {
  const project = await consumer("vite");
  const server = project.start("npm", ["run", "dev", "--", "--host=127.0.0.1", "--port=0"]);
  await assertPageWorks(await address(server, /Local:\s+(http:\S+?)\/?\s/));
});
