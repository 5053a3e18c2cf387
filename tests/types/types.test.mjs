// The declarations of the packed package, under all of TypeScript's module resolutions, without
// skipLibCheck.

import assert from "node:assert/strict";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { at } from "../../scripts/lib/project.mjs";
import { blocksOf, read } from "../docs/markdown.mjs";
import { consumer, tools } from "../packaging/lib/consumer.mjs";

const project = await consumer(fileURLToPath(new URL("project", import.meta.url)));
// Declarations of the runtimes, in the place where TypeScript looks for them.
for (const scope of ["@types", "@cloudflare", "bun-types", "undici-types"])
  symlinkSync(join(tools, scope), join(project.folder, "node_modules", scope));

/** The gateway's types as a generator reads them from its description. */
await project.must("node", [
  join(tools, "openapi-typescript", "bin", "cli.js"),
  at("worker", "openapi.json"),
  `--output=${join(project.folder, "gateway-openapi.d.mts")}`,
]);

const strict = {
  strict: true,
  skipLibCheck: false,
  noEmit: true,
  target: "es2022",
  lib: ["es2022"],
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
};
const node16 = { ...strict, module: "node16", moduleResolution: "node16" };
const nodenext = { ...strict, module: "nodenext", moduleResolution: "nodenext" };
const bundler = { ...strict, module: "esnext", moduleResolution: "bundler" };
const dom = { lib: ["es2022", "dom", "dom.iterable"] };
/** The code that people copy first. */
for (const readme of ["README.md", "README.zh-CN.md"]) {
  const [program] = blocksOf(read(readme)).filter(({ language }) => language === "ts");
  writeFileSync(join(project.folder, `${readme}.mts`), program.text);
}
const programs = ["every.mts", "sandbox.mts", "mistakes.mts", "undefined.mts", "gateway.mts", "testing.mts"];
const forNode = [...programs, "README.md.mts", "README.zh-CN.md.mts"];

/** The declarations of Node, Bun and Workers require a newer TypeScript than this package. */
const projects = {
  "node16, Node": {
    options: { ...node16, types: ["node"] },
    files: [...forNode, "require.cts"],
    versions: ["5.9", "6.0", "7.0"],
  },
  "node16, DOM": {
    options: { ...node16, ...dom, types: [] },
    files: [...programs, "require.cts"],
    versions: ["5.0", "7.0"],
  },
  "node16, Node and DOM": {
    options: { ...node16, ...dom, types: ["node"] },
    files: [...forNode, "require.cts", "openapi.mts"],
    versions: ["7.0"],
  },
  "nodenext, Node": {
    options: { ...nodenext, types: ["node"] },
    files: [...forNode, "require.cts"],
    versions: ["5.9", "7.0"],
  },
  "bundler, Node": { options: { ...bundler, types: ["node"] }, files: forNode, versions: ["7.0"] },
  "bundler, DOM": {
    options: { ...bundler, ...dom, types: [] },
    files: [...programs, "form.ts"],
    versions: ["5.0", "5.9", "6.0", "7.0"],
  },
  "bundler, Workers": {
    options: { ...bundler, types: ["@cloudflare/workers-types"] },
    files: [...programs, "worker.ts"],
    versions: ["5.9", "7.0"],
  },
  "bundler, Bun": {
    options: { ...bundler, types: ["bun"] },
    files: [...programs, "bun.ts"],
    versions: ["7.0"],
  },
};

const compiler = (version) =>
  version === "7.0"
    ? at("node_modules", "typescript", "bin", "tsc")
    : join(tools, `typescript-${version}`, "bin", "tsc");

for (const [name, { options, files, versions }] of Object.entries(projects)) {
  for (const version of versions) {
    test(`${name}, TypeScript ${version}`, async () => {
      const config = join(project.folder, "tsconfig.json");
      writeFileSync(config, JSON.stringify({ compilerOptions: options, files }));
      assert.match(
        await project.must("node", [compiler(version), "--version"]),
        new RegExp(` ${version}\\.`),
      );
      assert.equal(await project.must("node", [compiler(version), "--project", config]), "");
    });
  }
}

for (const program of ["every.mts", "sandbox.mts", "undefined.mts"]) {
  test(`the package does what its types say: ${program}`, async () => {
    await project.must("node", [program]);
  });
}
