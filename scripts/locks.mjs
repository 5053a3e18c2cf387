// Checks that every lock file of the project has a hash for each package and names no other source than the registry.
// Part of the lint.

import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { parse } from "smol-toml";
import { Failure } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";
import { tracked } from "./lib/tracked.mjs";

export const CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index";

/**
 * What is wrong with the packages of an npm lock file. `resolved` names a source, so only the project's own package, which
 * the examples use, may have it; npm omits it for the registry (.npmrc).
 *
 * @param folder that contains the lock file
 */
export function problemsOfPackages(text, folder) {
  const isOwn = (place, { resolved }) =>
    place === "node_modules/cloudauth-edge" && resolve(folder, resolved.replace(/^file:/, "")) === at("pkg");
  return Object.entries(JSON.parse(text).packages).flatMap(([place, entry]) => {
    if (entry.resolved !== undefined) return isOwn(place, entry) ? [] : [`${place}: from ${entry.resolved}`];
    if (entry.link) return [`${place}: a link without a target`];
    if (!place.includes("node_modules/") || entry.inBundle) return [];
    return /^sha512-[A-Za-z0-9+/]{86}==( |$)/.test(entry.integrity ?? "") ? [] : [`${place}: no hash`];
  });
}

/** What is wrong with the crates of a Cargo.lock. Those without a source are in this repository. */
export function problemsOfCrates(text) {
  return parse(text).package.flatMap(({ name, source, checksum }) => {
    if (source === undefined) return [];
    if (source !== CRATES_IO) return [`${name}: from ${source}`];
    return /^[0-9a-f]{64}$/.test(checksum ?? "") ? [] : [`${name}: no hash`];
  });
}

const KINDS = { "package-lock.json": problemsOfPackages, "Cargo.lock": problemsOfCrates };

await command(import.meta, async () => {
  const files = tracked(...Object.keys(KINDS).map((name) => `:(glob)**/${name}`));
  const wrong = files.flatMap((file) => {
    const problemsOf = KINDS[basename(file)];
    return problemsOf(readFileSync(at(file), "utf8"), dirname(at(file))).map(
      (problem) => `${file}: ${problem}`,
    );
  });
  if (wrong.length > 0) {
    throw new Failure("Some packages in lock files have no hash, or are not from the registry.", {
      output: wrong.join("\n"),
      advice:
        "Print a hash with `npm view NAME@VERSION dist.integrity` and add it to the lock file. Replace a dependency from elsewhere; for a package of the registry, delete `resolved`.",
    });
  }
  console.log(`${files.length} lock files have a hash for every package, and name only the registry`);
});
