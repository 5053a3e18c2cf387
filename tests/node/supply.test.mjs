// The bills of materials, and the license check of the lint.

import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "vite";
import { npmPackages, products } from "../../scripts/lib/dependencies.mjs";
import { at } from "../../scripts/lib/project.mjs";
import { problemsOfCrates, problemsOfPackages } from "../../scripts/locks.mjs";
import { billOf, errorsIn } from "../../scripts/sbom.mjs";
import { permits } from "../../scripts/supply.mjs";

const bills = {};
for (const [product, parts] of Object.entries(products)) bills[product] = await billOf(parts);

test("the bill of materials of every product is CycloneDX by the official schema", async () => {
  for (const [product, bill] of Object.entries(bills)) {
    assert.equal(await errorsIn(JSON.stringify(bill)), null, product);
    const known = new Set(bill.dependencies.map(({ ref }) => ref));
    for (const { dependsOn } of bill.dependencies)
      for (const ref of dependsOn) assert.ok(known.has(ref), `${product}: ${ref}`);
    for (const { name, hashes, licenses } of bill.components) {
      assert.ok(hashes?.length === 1 || name === "cloudauth-edge", `${product}: ${name} has no hash`);
      assert.ok(licenses[0].expression, `${product}: ${name} has no license`);
    }
  }
});

test("the same sources give the same bill", async () => {
  assert.deepEqual(await billOf(products.gateway), bills.gateway);
});

test("a bill that is not CycloneDX is refused", async () => {
  const bill = structuredClone(bills.crate);
  bill.components[0].type = "crate";
  assert.ok(await errorsIn(JSON.stringify(bill)));
});

test("each product has the npm packages that are built into it", () => {
  const npm = (product) =>
    bills[product].components.map(({ purl }) => purl).filter((purl) => purl.startsWith("pkg:npm/"));
  assert.deepEqual(npm("crate"), []);
  assert.deepEqual(npm("client"), []);
  const named = (list) => list.map((purl) => purl.slice("pkg:npm/".length).replace(/@[^@]*$/, ""));
  const ofConsole = ["%40preact/signals", "%40preact/signals-core", "preact"];
  assert.deepEqual(named(npm("worker")).sort(), ofConsole);
  assert.deepEqual(
    named(npm("gateway")).sort(),
    [...ofConsole, "%40opentelemetry/api", "bintrees", "prom-client", "tdigest"].sort(),
  );
});

test("the console contains the packages that its products name", async () => {
  const modules = new Set();
  const noted = () => ({
    name: "noted-modules",
    generateBundle(_, bundle) {
      for (const { moduleIds = [] } of Object.values(bundle)) for (const id of moduleIds) modules.add(id);
    },
  });
  await build({
    configFile: at("www", "vite.config.js"),
    logLevel: "warn",
    build: { write: false },
    plugins: [noted()],
    worker: { plugins: () => [noted()] },
  });
  // A script and a worker of the console.
  for (const source of ["main.tsx", "identity/worker.ts"]) assert.ok(modules.has(at("www", "src", source)));
  const contained = [...modules].flatMap(
    (id) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? [],
  );
  const named = npmPackages(products.worker.npm()).map(({ name }) => name);
  assert.deepEqual([...new Set(contained)].sort(), named.sort());
});

test("a lock file names the registry alone, and a hash for each package", () => {
  const integrity = `sha512-${"A".repeat(86)}==`;
  const own = "node_modules/cloudauth-edge";
  const express = at("examples", "express");
  const problems = (place, entry) =>
    problemsOfPackages(JSON.stringify({ packages: { "": {}, [place]: entry } }), express);
  for (const [place, entry] of [
    ["node_modules/hono", { version: "4.0.0", integrity }],
    [own, { resolved: "../../pkg", link: true }],
    [own, { resolved: "file:../../pkg" }],
    ["../../pkg", { version: "0.1.0" }],
    ["node_modules/a/node_modules/b", { inBundle: true }],
  ])
    assert.deepEqual(problems(place, entry), [], place);
  for (const [place, entry] of [
    ["node_modules/hono", { version: "4.0.0" }],
    ["node_modules/hono", { integrity: "sha1-AAAA" }],
    ["node_modules/hono", { integrity, resolved: "https://registry.example/hono/-/hono-4.0.0.tgz" }],
    ["node_modules/hono", { integrity, resolved: "https://packages.example/hono.tgz" }],
    ["node_modules/hono", { resolved: "git+ssh://git@github.com/honojs/hono.git#0123456" }],
    ["node_modules/hono", { resolved: "file:vendor/hono.tgz", integrity }],
    ["node_modules/hono", { resolved: "file:../../pkg" }],
    ["node_modules/hono", { link: true }],
    [own, { resolved: "../../../elsewhere", link: true }],
    [own, { integrity, resolved: "https://packages.example/cloudauth-edge.tgz" }],
  ])
    assert.equal(problems(place, entry).length, 1, JSON.stringify(entry));
});

test("a Cargo.lock names crates.io alone, and a checksum for each crate", () => {
  const problems = (crate) => problemsOfCrates(`[[package]]\nname = "one"\nversion = "1.0.0"\n${crate}`);
  const checksum = `checksum = "${"0".repeat(64)}"`;
  const from = (source) => `source = "${source}"\n${checksum}`;
  const cratesIo = "registry+https://github.com/rust-lang/crates.io-index";
  assert.deepEqual(problems(""), []);
  assert.deepEqual(problems(from(cratesIo)), []);
  for (const wrong of [
    `source = "${cratesIo}"`,
    from("registry+https://crates.example/index"),
    from("sparse+https://packages.example/"),
    from(`${cratesIo}-of-another`),
    from("git+https://github.com/a/b#0123456"),
  ])
    assert.equal(problems(wrong).length, 1, wrong);
});

test("a license expression is permitted if one of its alternatives is", () => {
  const allowed = ["MIT", "Apache-2.0", "Unicode-3.0"];
  for (const [expression, expected] of [
    ["MIT", true],
    ["GPL-3.0-only", false],
    ["GPL-3.0-only OR MIT", true],
    ["GPL-3.0-only AND MIT", false],
    ["(MIT OR Apache-2.0) AND Unicode-3.0", true],
    ["(MIT OR Apache-2.0) AND GPL-3.0-only", false],
    ["MIT AND GPL-3.0-only OR Apache-2.0", true],
    ["Apache-2.0 WITH LLVM-exception", false],
    ["Apache-2.0 WITH LLVM-exception OR MIT", true],
    ["(MIT", false],
    ["MIT MIT", false],
    ["", false],
    [undefined, false],
  ])
    assert.equal(permits(expression, allowed), expected, expression);
});
