// Tests the package's content and its entry points.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { SourceMap } from "node:module";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { root } from "../../scripts/lib/project.mjs";
import { pack } from "../../scripts/pack.mjs";
import { consumer, tarball } from "./lib/consumer.mjs";
import { address } from "../support/programs.mjs";

const project = await consumer("esm");

/** The modules, each in TypeScript, and in JavaScript with its source map. */
const MODULES = `
  bytes call channel-node client client-exports core credentials environment errors gateway-client gateway-failures gateway-problem gateway-search gateway-types host identity
  identity-exports identity-host index load memory-orders options order-store orders packed parameters random sandbox-host sandbox-types sandbox-workerd
  testing text thrown transport transport-deno transport-node types unreadable waits
  entry/edge-light entry/webassembly entry/workerd entry/identity-edge-light entry/identity-universal entry/identity-workerd
`;
const words = (text) => text.trim().split(/\s+/);
/** The modules whose declarations are published. */
const DECLARED = words(`
  client environment errors gateway-client gateway-types identity index memory-orders orders parameters sandbox sandbox-types testing
  types
`);
const FILES = [
  ...words(`
    CHANGELOG.md LICENSE-APACHE LICENSE-MIT README.md package.json
    bin/cloudauth-edge.js
    src/modules.d.ts src/sandbox.ts src/sandbox-file.ts src/entry/universal.ts
    dist/index.d.ts dist/identity.d.ts dist/memory-orders.d.ts dist/sandbox.d.ts dist/gateway-client.d.ts dist/testing.d.ts
    wasm/phone.js
    wasm/client/cloudauth_edge.js wasm/client/cloudauth_edge_bg.wasm
    wasm/identity/base64.js wasm/identity/cloudauth_edge.js wasm/identity/cloudauth_edge_bg.wasm
    wasm/sandbox/cloudauth_edge.js wasm/sandbox/cloudauth_edge_bg.wasm
  `),
  ...words(MODULES).flatMap((name) => [`src/${name}.ts`, `dist/${name}.js`, `dist/${name}.js.map`]),
  ...words(
    "client.js client.cjs identity.cjs gateway-client.cjs memory-orders.cjs sandbox.js sandbox.cjs testing.cjs",
  ).flatMap((name) => [`dist/bundle/${name}`, `dist/bundle/${name}.map`]),
  ...DECLARED.flatMap((name) => [`dist/${name}.d.cts`, `dist/${name}.d.cts.map`]),
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

test("declarations lead to their sources", () => {
  let followed = 0;
  for (const name of DECLARED) {
    const declaration = readFileSync(join(project.installed, "dist", `${name}.d.cts`), "utf8");
    const [, file] = /^\/\/# sourceMappingURL=(.+)$/m.exec(declaration);
    const map = new SourceMap(JSON.parse(readFileSync(join(project.installed, "dist", file), "utf8")));
    for (const [index, line] of declaration.split("\n").entries()) {
      const declared = /^export (?:declare )?(?:interface|type|class|function|const) (\w+)/.exec(line);
      if (!declared) continue;
      const entry = map.findEntry(index, declared[0].length - declared[1].length);
      const source = readFileSync(join(project.installed, "dist", entry.originalSource), "utf8");
      const place = source.split("\n")[entry.originalLine].slice(entry.originalColumn);
      assert.ok(place.startsWith(declared[1]), `${declared[1]} leads to ${place}`);
      followed += 1;
    }
  }
  assert.ok(followed > 40, `${followed} declarations`);
});

for (const [which, name] of Object.entries({
  client: "cloudauth-edge",
  gateway: "cloudauth-edge-gateway",
})) {
  test(`${name}, packed again, elsewhere and by another user, is byte for byte the same`, async () => {
    const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), "cloudauth-edge-again-")));
    const first = await pack(folders[0], which, "example/example");
    const before = process.umask(0o077);
    try {
      const second = await pack(folders[1], which, "example/example");
      assert.ok(readFileSync(first).equals(readFileSync(second)));
    } finally {
      process.umask(before);
      for (const folder of folders) rmSync(folder, { recursive: true });
    }
  });

  test(`${name} names its repository, and publint reports nothing`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-publint-"));
    try {
      const { buffer } = new Uint8Array(readFileSync(await pack(folder, which, "example/example")));
      const { messages, pkg } = await publint({ strict: true, pack: { tarball: buffer } });
      assert.equal(pkg.name, name);
      assert.deepEqual(
        messages.map((message) => formatMessage(message, pkg, { color: false })),
        [],
      );
      assert.equal(pkg.homepage, "https://github.com/example/example#readme");
      assert.equal(pkg.bugs.url, "https://github.com/example/example/issues");
      assert.equal(pkg.repository.url, "git+https://github.com/example/example.git");
      assert.ok(existsSync(join(root, pkg.repository.directory, "package.json")));
      assert.deepEqual(pkg.publishConfig, { access: "public", provenance: true });
      await assert.rejects(pack(folder, which, "https://example.com/"), /GITHUB_REPOSITORY/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

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
