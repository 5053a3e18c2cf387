// npm run pack [-- folder]: creates the npm package for publication, cloudauth-edge-<version>.tgz.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "./build.mjs";
import { must } from "./lib/process.mjs";
import { command, line } from "./lib/progress.mjs";
import { at, root } from "./lib/project.mjs";
import { forBuild, setUp } from "./setup.mjs";

/** Files that the package contains in addition to `pkg/`. */
const documents = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];

/** Packs the built package into the folder and returns the tarball's path. */
export async function pack(folder) {
  const staging = mkdtempSync(join(tmpdir(), "cloudauth-edge-pack-"));
  try {
    cpSync(at("pkg"), staging, { recursive: true });
    for (const document of documents) cpSync(at(document), join(staging, document));
    await must("npm", ["pack", "--loglevel=error", "--pack-destination", folder], { cwd: staging });
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  const { name, version } = JSON.parse(readFileSync(at("pkg", "package.json"), "utf8"));
  return join(folder, `${name}-${version}.tgz`);
}

await command(import.meta, async ([folder = root]) => {
  await setUp(forBuild);
  await build();
  mkdirSync(folder, { recursive: true });
  await line("npm package", () => pack(resolve(folder)));
});
