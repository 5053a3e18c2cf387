// npm run pack [-- folder]: the npm packages to publish, cloudauth-edge-<version>.tgz and
// cloudauth-edge-gateway-<version>.tgz. GITHUB_REPOSITORY (owner/name), which GitHub sets in a workflow, is the
// repository that they name; without it, they name none. The same sources and repository give the same bytes.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "./build.mjs";
import { Failure, must } from "./lib/process.mjs";
import { command, line } from "./lib/progress.mjs";
import { at, root } from "./lib/project.mjs";
import { forBuild, setUp } from "./setup.mjs";

/** The folder of each package, and the documents to add to it. */
const packages = {
  client: { folder: "pkg", documents: ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"] },
  gateway: {
    folder: "server",
    documents: [
      ...["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"],
      "docs/gateway.md",
      ...["server", "gateway", "alibaba-cloud"].flatMap((guide) => [
        `docs/guide/${guide}.md`,
        `docs/guide/${guide}.zh-CN.md`,
      ]),
    ],
  },
};

const manifest = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** Where the sources of a package are, and where to report its bugs. npm compares `repository` with the provenance. */
function places(repository, directory) {
  if (!repository) return {};
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository))
    throw new Failure("GITHUB_REPOSITORY does not name a repository.", {
      advice: "Set it to owner/name, or unset it.",
    });
  const url = `https://github.com/${repository}`;
  return {
    homepage: `${url}#readme`,
    bugs: { url: `${url}/issues` },
    repository: { type: "git", url: `git+${url}.git`, directory },
  };
}

/** Copies an installed package and its dependencies into a folder. */
function bundle(name, into) {
  const installed = at("node_modules", name);
  const place = join(into, "node_modules", name);
  cpSync(installed, place, { recursive: true });
  for (const needed of Object.keys(manifest(installed).dependencies ?? {})) bundle(needed, into);
}

/** Packs the built package into the folder and returns the tarball's path. */
export async function pack(into, which = "client", repository = process.env.GITHUB_REPOSITORY) {
  const { folder, documents } = packages[which];
  const staging = mkdtempSync(join(tmpdir(), "cloudauth-edge-pack-"));
  try {
    cpSync(at(folder), staging, { recursive: true });
    for (const document of documents) cpSync(at(document), join(staging, document));
    const published = { ...manifest(staging), ...places(repository, folder) };
    writeFileSync(join(staging, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
    const { name, version, bundleDependencies = [] } = published;
    for (const bundled of bundleDependencies) {
      const installed = manifest(at("node_modules", bundled)).version;
      if (installed !== published.dependencies[bundled])
        throw new Failure(`${folder}/package.json does not name the installed ${bundled} ${installed}.`, {
          advice: "Set the same version there and in the project's package.json.",
        });
      bundle(bundled, staging);
    }
    await must("npm", ["pack", "--loglevel=error", "--pack-destination", into], { cwd: staging });
    return join(into, `${name}-${version}.tgz`);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

await command(import.meta, async ([folder = root]) => {
  await setUp(forBuild);
  await build();
  mkdirSync(folder, { recursive: true });
  for (const which of Object.keys(packages))
    await line(`npm package, ${which}`, () => pack(resolve(folder), which));
});
