// Which file each runtime and tool resolves. In test runners, bundlers and servers that render pages, several
// conditions hold at once, so the order in package.json decides.

import assert from "node:assert/strict";
import fs from "node:fs";
import { relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import resolver from "enhanced-resolve";
import { consumer } from "./lib/consumer.mjs";
import { printed } from "./lib/expected.mjs";

const project = await consumer("esm");

/** The file that a request resolves to under these conditions. */
function resolved(request, conditionNames) {
  const resolve = resolver.create.sync({ conditionNames, fileSystem: fs });
  return relative(project.installed, resolve(project.folder, request));
}

/** The first matching condition decides. */
const expected = {
  "cloudauth-edge": [
    ["workerd", "dist/entry/workerd.js"],
    ["edge-light", "dist/entry/edge-light.js"],
    ["require", "dist/bundle/client.cjs"],
    ["import", "dist/bundle/client.js"],
  ],
  "cloudauth-edge/identity": [
    ["workerd", "dist/entry/identity-workerd.js"],
    ["edge-light", "dist/entry/identity-edge-light.js"],
    ["require", "dist/bundle/identity.cjs"],
    ["import", "dist/entry/identity-universal.js"],
  ],
  "cloudauth-edge/orders": [
    ["require", "dist/bundle/memory-orders.cjs"],
    ["import", "dist/memory-orders.js"],
  ],
  "cloudauth-edge/sandbox": [
    ["workerd", "dist/sandbox-workerd.js"],
    ["require", "dist/bundle/sandbox.cjs"],
    ["import", "dist/bundle/sandbox.js"],
  ],
  "cloudauth-edge/gateway-client": [
    ["require", "dist/bundle/gateway-client.cjs"],
    ["import", "dist/gateway-client.js"],
  ],
  "cloudauth-edge/testing": [
    ["require", "dist/bundle/testing.cjs"],
    ["import", "dist/testing.js"],
  ],
};
const first = (request, conditions) =>
  expected[request].find(([condition]) => conditions.includes(condition))[1];

/** All subsets of the conditions, including the empty one. */
const choices = (conditions) =>
  conditions.reduce((all, condition) => [...all, ...all.map((some) => [...some, condition])], [[]]);

test("every combination of conditions", () => {
  for (const request of Object.keys(expected)) {
    for (const some of choices(["workerd", "edge-light", "node", "browser", "default"])) {
      for (const how of ["import", "require"]) {
        const conditions = [...some, how];
        assert.equal(resolved(request, conditions), first(request, conditions), `${request} ${conditions}`);
      }
    }
  }
});

test("Node itself decides alike", async () => {
  const requests = Object.keys(expected);
  for (const some of choices(["workerd", "edge-light", "browser"])) {
    const flags = some.map((condition) => `--conditions=${condition}`);
    const output = await project.must("node", [...flags, "resolve.js", ...requests]);
    for (const { request, ...found } of printed(output, requests.length)) {
      for (const how of ["import", "require"]) {
        const file = relative(project.installed, fileURLToPath(found[how]));
        assert.equal(file, first(request, [...some, "node", how]), `${request} ${how} ${some}`);
      }
    }
  }
});

/** The conditions that tools set. */
const tools = {
  wrangler: [["workerd", "worker", "browser", "import"], "dist/entry/workerd.js"],
  "Vitest for Workers": [
    ["workerd", "worker", "module", "browser", "development", "import"],
    "dist/entry/workerd.js",
  ],
  "Next.js edge": [["edge-light", "worker", "import", "module"], "dist/entry/edge-light.js"],
  "Vite for browsers": [["module", "browser", "production", "import"], "dist/bundle/client.js"],
  "Rollup's default": [["default", "module", "import"], "dist/bundle/client.js"],
  "Vite for servers": [["module", "node", "production", "import"], "dist/bundle/client.js"],
  "webpack for browsers": [["webpack", "production", "browser", "import"], "dist/bundle/client.js"],
  Vitest: [["node", "development", "module", "import"], "dist/bundle/client.js"],
  "Jest for Node": [["node", "node-addons", "require", "default"], "dist/bundle/client.cjs"],
  "Jest with jsdom": [["browser", "require", "default"], "dist/bundle/client.cjs"],
  Bun: [["bun", "node", "import"], "dist/bundle/client.js"],
  Deno: [["deno", "node", "import"], "dist/bundle/client.js"],
};
for (const [tool, [conditions, file]] of Object.entries(tools)) {
  test(`${tool} gets ${file}`, () => assert.equal(resolved("cloudauth-edge", conditions), file));
}

test("only the entry points are exported", () => {
  assert.equal(
    resolved("cloudauth-edge/cloudauth_edge.wasm", ["import"]),
    "wasm/client/cloudauth_edge_bg.wasm",
  );
  for (const inner of ["client.js", "core.js", "wasm/client/cloudauth_edge.js"]) {
    assert.throws(() => resolved(`cloudauth-edge/${inner}`, ["node", "import"]), /not exported/);
  }
});
