// Installs the npm packages of the project, if package-lock.json has changed since. package.json runs it before every
// command, so that only this file, lib/project.mjs and lib/stamp.mjs are limited to Node built-ins. `hash -r` follows,
// because the shell remembers the machine's `node`, and the packages may have brought the project's.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { machineEnv, projectEnv, root } from "./lib/project.mjs";
import { fingerprint, holds } from "./lib/stamp.mjs";

/** The oldest Node that wrangler supports. */
const OLDEST_NODE = "22.12.0";

/** What is known about a folder with its own package-lock.json. */
export function npmFolder(folder) {
  const stamp = join(folder, "node_modules", ".installed-lock");
  const inputs = () => fingerprint([join(folder, "package-lock.json")]);
  return {
    folder,
    isDone: () => holds(stamp, inputs()),
    markDone: () => writeFileSync(stamp, inputs()),
  };
}

/**
 * The arguments that install a folder's packages. They include what NODE_ENV=production or npm's setting `omit` leaves
 * out.
 */
export const npmCi = (dev = "--include=dev") => ["ci", "--loglevel=error", "--include=optional", dev];

export const NPM_ADVICE =
  "Fix the npm error above (usually, the registry cannot be reached) and run this command again.";

/** Throws if the project's Node, from a package or from the machine, is too old. */
function checkNode() {
  const version = execFileSync("node", ["-p", "process.versions.node"], {
    env: projectEnv(),
    encoding: "utf8",
  });
  if (version.trim().localeCompare(OLDEST_NODE, "en", { numeric: true }) >= 0) return;
  throw new Error(
    `wrangler needs Node ${OLDEST_NODE} or newer; this is ${version.trim()}.
No packaged Node exists for ${process.platform}-${process.arch}: install Node ${OLDEST_NODE} or newer and run this command again.`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const packages = npmFolder(root);
  try {
    if (!packages.isDone()) {
      console.log("npm packages");
      // With the machine's Node: npm replaces the project's.
      const options = { cwd: root, env: machineEnv(), stdio: ["ignore", "inherit", "inherit"] };
      execFileSync("npm", npmCi(), options);
      checkNode();
      packages.markDone();
    }
  } catch (error) {
    console.error(error.status === undefined ? error.message : NPM_ADVICE);
    process.exitCode = 1;
  }
}
