// Builds the npm package in Stryker's copy of the project, target/stryker/sandbox-…, once for all mutants.

import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "../build.mjs";
import { at, root } from "../lib/project.mjs";

const original = dirname(dirname(dirname(root)));

/** The packages of the project, but cloudauth-edge from the copy: the tests import it by its name. */
function linkPackages() {
  const installed = join(original, "node_modules");
  mkdirSync(at("node_modules"));
  for (const name of readdirSync(installed))
    symlinkSync(name === "cloudauth-edge" ? at("pkg") : join(installed, name), at("node_modules", name));
}

linkPackages();
// The copy has the modules, but not target/, which says what they were built from.
cpSync(join(original, "target", "built-from"), at("target", "built-from"), { recursive: true });
await build();
