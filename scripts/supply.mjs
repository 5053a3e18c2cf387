// Checks the dependencies without the network: licenses and sources of all crates against deny.toml, and licenses and
// install scripts of the npm packages in the published products. Part of the lint. CI also runs `cargo deny check`, which
// covers the first part and reads advisories. The lint does not, because compiling cargo-deny takes minutes.

import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import satisfies from "spdx-satisfies";
import { everyCrate, npmPackages, products } from "./lib/dependencies.mjs";
import { Failure } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";
import { CRATES_IO } from "./locks.mjs";

const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];

const { graph, licenses } = parse(readFileSync(at("deny.toml"), "utf8"));

/** Whether the allowed licenses satisfy an SPDX expression. */
export function permits(expression, allowed) {
  try {
    return satisfies(expression, allowed);
  } catch {
    return false; // missing, or not an expression
  }
}

await command(import.meta, async () => {
  const wrong = [];
  const check = (kind, { name, version, license }) => {
    if (!permits(license, licenses.allow)) wrong.push(`${kind} ${name} ${version}: license ${license}`);
  };

  const crates = new Map();
  for (const target of graph.targets)
    for (const crate of await everyCrate(target)) crates.set(`${crate.name} ${crate.version}`, crate);
  const versions = new Map();
  for (const crate of crates.values()) {
    check("crate", crate);
    if (crate.source !== CRATES_IO && crate.name !== "cloudauth-edge")
      wrong.push(`crate ${crate.name} ${crate.version}: not from crates.io`);
    versions.set(crate.name, [...(versions.get(crate.name) ?? []), crate.version]);
  }

  const packages = npmPackages(Object.values(products).flatMap(({ npm }) => npm()));
  for (const one of packages) {
    check("npm package", one);
    if (one.hasInstallScript) wrong.push(`npm package ${one.name} ${one.version}: has an install script`);
  }
  for (const folder of ["pkg", "server"]) {
    const { scripts = {} } = JSON.parse(readFileSync(at(folder, "package.json"), "utf8"));
    for (const name of INSTALL_SCRIPTS) if (name in scripts) wrong.push(`${folder}: has the script ${name}`);
  }

  if (wrong.length > 0) {
    throw new Failure("Some dependencies are not permitted.", {
      output: wrong.join("\n"),
      advice: "Replace the dependency, or add its license to deny.toml after checking the terms.",
    });
  }
  const twice = [...versions].filter(([, found]) => found.length > 1);
  for (const [name, found] of twice) console.log(`warning: crate ${name} in versions ${found.join(", ")}`);
  console.log(`${crates.size} crates and ${packages.length} npm packages are permitted`);
});
