// The contents of the project's products: crates from `cargo metadata`, npm packages from package-lock.json.

import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { must } from "./process.mjs";
import { at } from "./project.mjs";

/** The npm packages that Vite builds into the console. */
const IN_CONSOLE = ["preact", "@preact/signals"];
const bundled = (folder) => Object.keys(readJson(folder, "package.json").dependencies ?? {});

/**
 * Products, each with the builds of the crate that it contains and its direct npm dependencies. `npm` is a function,
 * so that the lock file is read only when needed.
 */
export const products = {
  crate: { manifest: "Cargo.toml", builds: [{ features: ["ureq", "fetch"] }], npm: () => [] },
  client: {
    manifest: "pkg",
    builds: modules("client", "identity", "sandbox-module"),
    npm: () => bundled("pkg"),
  },
  gateway: {
    manifest: "server",
    builds: modules("gateway-module", "lab"),
    npm: () => [...bundled("server"), ...IN_CONSOLE],
  },
  worker: {
    manifest: "wrangler.toml",
    builds: modules("gateway-module", "lab"),
    npm: () => IN_CONSOLE,
  },
};

function modules(...features) {
  return features.map((feature) => ({ features: [feature], target: "wasm32-unknown-unknown" }));
}

function readJson(...path) {
  return JSON.parse(readFileSync(at(...path), "utf8"));
}

/** The SPDX form of a crate's license. Old manifests separate alternatives by a slash. */
const spdx = (license) => license?.replaceAll("/", " OR ");

/** The crates that `cargo metadata` resolves, with an edge for each normal dependency. */
async function resolved({ features, allFeatures = false, target, everyKind = false }) {
  const args = ["metadata", "--format-version=1", "--locked"];
  if (allFeatures) args.push("--all-features");
  if (features) args.push("--no-default-features", `--features=${features.join(",")}`);
  if (target) args.push(`--filter-platform=${target}`);
  // cargo also prints messages, for example while it waits for a lock; the metadata is a single line.
  const output = (await must("cargo", args)).split("\n").find((text) => text.startsWith("{"));
  const { packages, resolve } = JSON.parse(output);
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const checksums = crateChecksums();
  const found = new Map();
  const visit = (id) => {
    if (found.has(id)) return;
    const { name, version, license, source } = packages.find((one) => one.id === id);
    const needed = nodes
      .get(id)
      .deps.filter(({ dep_kinds }) => everyKind || dep_kinds.some(({ kind }) => kind === null))
      .map(({ pkg }) => pkg);
    const checksum = checksums.get(`${name} ${version}`);
    found.set(id, { name, version, license: spdx(license), source, checksum, needed });
    needed.forEach(visit);
  };
  visit(resolve.root);
  const crates = [...found.values()];
  for (const crate of crates) crate.needed = crate.needed.map((id) => found.get(id));
  return crates;
}

function crateChecksums() {
  const { package: crates } = parse(readFileSync(at("Cargo.lock"), "utf8"));
  return new Map(crates.map(({ name, version, checksum }) => [`${name} ${version}`, checksum]));
}

/** The crates of several builds without duplicates, the project's own first, with the dependencies of each. */
export async function crates(builds) {
  const all = new Map();
  for (const build of builds) {
    for (const crate of await resolved(build)) {
      const key = `${crate.name} ${crate.version}`;
      const needed = crate.needed.map(({ name, version }) => `${name} ${version}`);
      const known = all.get(key);
      all.set(key, { ...crate, needed: [...new Set([...(known?.needed ?? []), ...needed])].sort() });
    }
  }
  return [...all.values()];
}

/** All crates that the project compiles for a target, for whatever purpose. */
export const everyCrate = (target) => resolved({ allFeatures: true, target, everyKind: true });

/**
 * The place of a package in a lock file, as Node resolves its name: in the folder of the package that imports it, then
 * in those around it. Undefined if it is not installed.
 */
export function placeOf(packages, name, from) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf("/node_modules/"), 0))) {
    const place = `${folder}${folder ? "/" : ""}node_modules/${name}`;
    if (packages[place]) return place;
    if (folder === "") return undefined;
  }
}

/** The installed npm packages with these names and all their dependencies, from the lock file. */
export function npmPackages(names) {
  const { packages } = readJson("package-lock.json");
  const found = new Map();
  const visit = (name, from, optional) => {
    const place = placeOf(packages, name, from);
    if (!place && optional) return undefined;
    if (!place) throw new Error(`package-lock.json has no ${name} for ${from}`);
    if (found.has(place)) return found.get(place);
    const entry = packages[place];
    const { version, license, integrity, hasInstallScript = false } = entry;
    const one = { name, version, license, integrity, hasInstallScript, needed: [] };
    found.set(place, one);
    const peers = Object.keys(entry.peerDependencies ?? {});
    for (const [each, mayLack] of [
      ...Object.keys(entry.dependencies ?? {}).map((each) => [each, false]),
      ...Object.keys(entry.optionalDependencies ?? {}).map((each) => [each, true]),
      ...peers.map((each) => [each, true]),
    ]) {
      const needed = visit(each, place, mayLack);
      if (needed) one.needed.push(needed);
    }
    return one;
  };
  for (const name of names) visit(name, "", false);
  return [...found.values()].map((one) => ({
    ...one,
    needed: one.needed.map(({ name, version }) => `${name} ${version}`).sort(),
  }));
}
