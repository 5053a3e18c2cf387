// Tests the package's content and its entry points.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { root } from "../../scripts/lib/project.mjs";
import { pack } from "../../scripts/pack.mjs";
import { consumer, tarball } from "./lib/consumer.mjs";
import { address } from "./lib/servers.mjs";

const project = await consumer("esm");

/** The modules, each in TypeScript, and in JavaScript with its source map. */
const MODULES = `
  bytes call client client-exports core credentials environment errors gateway-client gateway-types host identity identity-exports identity-host
  index load orders packed random sandbox-host sandbox-types sandbox-workerd testing thrown transport transport-node types waits
  entry/edge-light entry/workerd entry/identity-edge-light entry/identity-universal entry/identity-workerd
`;
const words = (text) => text.trim().split(/\s+/);
const FILES = [
  ...words(`
    CHANGELOG.md LICENSE-APACHE LICENSE-MIT README.md package.json
    bin/cloudauth-edge.js
    src/modules.d.ts src/sandbox.ts src/entry/universal.ts
    dist/index.d.ts dist/identity.d.ts dist/sandbox.d.ts dist/gateway-client.d.ts dist/testing.d.ts
    wasm/phone.js
    wasm/client/cloudauth_edge.js wasm/client/cloudauth_edge_bg.wasm
    wasm/identity/base64.js wasm/identity/cloudauth_edge.js wasm/identity/cloudauth_edge_bg.wasm
    wasm/sandbox/cloudauth_edge.js wasm/sandbox/cloudauth_edge_bg.wasm
  `),
  ...words(MODULES).flatMap((name) => [`src/${name}.ts`, `dist/${name}.js`, `dist/${name}.js.map`]),
  ...words("client.js client.cjs identity.cjs sandbox.js sandbox.cjs gateway-client.cjs testing.cjs").flatMap(
    (name) => [`dist/bundle/${name}`, `dist/bundle/${name}.map`],
  ),
  ...words(
    "client environment errors gateway-client gateway-types identity index orders sandbox sandbox-types testing types",
  ).map((name) => `dist/${name}.d.cts`),
];

test("it holds these files and no others", () => {
  const files = readdirSync(project.installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(project.installed, join(entry.parentPath, entry.name)));
  assert.deepEqual(files.sort(), FILES.toSorted());
});

test("no file names a path of the build machine", () => {
  const places = [`${root}/`, ".cargo/registry"];
  if (homedir().length > 1) places.push(`${homedir()}/`);
  for (const file of FILES) {
    const bytes = readFileSync(join(project.installed, file));
    for (const place of places) assert.ok(!bytes.includes(place), `${file} names ${place}`);
  }
});

test("packed again, elsewhere and by another user, it is byte for byte the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-again-"));
  const before = process.umask(0o077);
  try {
    assert.ok(readFileSync(await pack(folder)).equals(readFileSync(tarball)));
  } finally {
    process.umask(before);
    rmSync(folder, { recursive: true });
  }
});

test("publint reports nothing", async () => {
  const { buffer } = new Uint8Array(readFileSync(tarball));
  const { messages, pkg } = await publint({ strict: true, pack: { tarball: buffer } });
  assert.equal(pkg.name, "cloudauth-edge");
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg, { color: false })),
    [],
  );
});

test("arethetypeswrong finds every entry point right for every resolution", async () => {
  // The .wasm file is for bundlers: it has no types, and Node cannot load it.
  const options = [
    "--no-emoji",
    "--no-color",
    "--format=json",
    "--exclude-entrypoints=./cloudauth_edge.wasm",
  ];
  const { analysis } = JSON.parse(await project.must("attw", [tarball, ...options]));
  assert.deepEqual(analysis.problems, []);
  assert.deepEqual(Object.keys(analysis.entrypoints).sort(), [
    ".",
    "./gateway-client",
    "./identity",
    "./orders",
    "./package.json",
    "./sandbox",
    "./testing",
  ]);
});

const commands = {
  "npx starts the sandbox": ["npx", "--no-install", "cloudauth-edge"],
  "so does its own command": ["cloudauth-edge"],
};
for (const [name, [program, ...args]] of Object.entries(commands)) {
  test(`${name}, and SIGTERM stops it`, async () => {
    const command = project.start(program, [...args, "sandbox", "--port", "0"]);
    const url = await address(command, /is ready: (http:\S+)/);
    const state = await (await fetch(`${url}/_sandbox/state`)).json();
    assert.ok(state.accounts[0].accessKeyIds.includes("sandbox-key-id"));
    const ended = once(command, "close");
    // Sent only to this process, as `kill` does; the shell between npx and the sandbox does not forward
    // signals.
    command.kill("SIGTERM");
    const [code] = await ended;
    if (program === "cloudauth-edge") assert.equal(code, 0);
    await assert.rejects(fetch(`${url}/_sandbox/state`));
  });
}
