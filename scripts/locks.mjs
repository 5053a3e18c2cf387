// Checks that every lock file of the project has a hash for each package. Part of the lint.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parse } from "smol-toml";
import { Failure } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";
import { tracked } from "./lib/tracked.mjs";

/** The packages of a lock file that come from a registry and have no integrity hash. */
export function withoutIntegrity(text) {
  return Object.entries(JSON.parse(text).packages)
    .filter(([place, entry]) => place.includes("node_modules/") && !entry.link && !entry.inBundle)
    .filter(([, { resolved }]) => !resolved?.startsWith("file:"))
    .filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==( |$)/.test(integrity ?? ""))
    .map(([place]) => place);
}

/** Crates of a Cargo.lock that come from a registry, without a checksum. */
export function withoutChecksum(text) {
  return parse(text)
    .package.filter(({ source }) => source?.startsWith("registry"))
    .filter(({ checksum }) => !/^[0-9a-f]{64}$/.test(checksum ?? ""))
    .map(({ name }) => name);
}

const KINDS = { "package-lock.json": withoutIntegrity, "Cargo.lock": withoutChecksum };

await command(import.meta, async () => {
  const files = tracked(...Object.keys(KINDS).map((name) => `:(glob)**/${name}`));
  const wrong = files.flatMap((file) => {
    const check = KINDS[basename(file)];
    return check(readFileSync(at(file), "utf8")).map((name) => `${file}: ${name}`);
  });
  if (wrong.length > 0) {
    throw new Failure("Some packages in lock files have no hash.", {
      output: wrong.join("\n"),
      advice: "Print it with `npm view NAME@VERSION dist.integrity` and add it to the lock file.",
    });
  }
  console.log(`${files.length} lock files have a hash for every package`);
});
