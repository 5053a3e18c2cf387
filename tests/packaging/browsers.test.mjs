// The installed package in a browser, bundled by Vite, webpack, Rollup and esbuild.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { open } from "./lib/browser.mjs";
import { at } from "../../scripts/lib/project.mjs";
import { consumer, tools } from "./lib/consumer.mjs";
import { assertVerified } from "./lib/expected.mjs";
import { serveFolder, startSandbox } from "./lib/servers.mjs";
import { address } from "../support/programs.mjs";

const { endpoint, seen } = await startSandbox();

async function assertPageWorks(url) {
  const { result, modules } = await open(`${url}/?sandbox=${encodeURIComponent(endpoint)}`, endpoint);
  const { refused, ...verified } = result;
  assert.deepEqual(refused, { kind: "validation", fields: ["accessKeySecret browser"] });
  await assertVerified(verified, seen);
  // The package contains everything inline: no file to copy, no loader to configure.
  assert.deepEqual(modules, []);
}

for (const bundler of ["webpack", "rollup", "esbuild"]) {
  test(bundler, async () => {
    const project = await consumer(bundler, { withTools: true });
    await project.must("npm", ["run", "build"]);
    await assertPageWorks(await serveFolder(join(project.folder, "dist"), endpoint));
  });
}

/** The program of a version; version 8 is the workspace's own. */
const vite = (version) =>
  version === 8
    ? at("node_modules", "vite", "bin", "vite.js")
    : join(tools, `vite-${version}`, "bin", "vite.js");

for (const version of [5, 6, 7, 8]) {
  test(`Vite ${version}`, async (t) => {
    const project = await consumer("vite");
    assert.match(await project.must("node", [vite(version), "--version"]), new RegExp(`^vite/${version}\\.`));
    await t.test("build", async () => {
      await project.must("node", [vite(version), "build"]);
      await assertPageWorks(await serveFolder(join(project.folder, "dist"), endpoint));
    });
    await t.test("dev", async () => {
      const server = project.start("node", [vite(version), "--host=127.0.0.1", "--port=0"]);
      await assertPageWorks(await address(server, /Local:\s+(http:\S+?)\/?\s/));
    });
  });
}
