// A consumer's project: a separate folder outside of this one, with the packed package installed.

import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { must, start, stopAll, stopChildrenOnSignals } from "../../../scripts/lib/process.mjs";
import { projectEnv } from "../../../scripts/lib/project.mjs";
import { pack } from "../../../scripts/pack.mjs";

const projects = fileURLToPath(new URL("../projects", import.meta.url));
/** The packages in this folder: runtimes and tools. */
export const tools = fileURLToPath(new URL("../node_modules", import.meta.url));
/** Ends a program that hangs; not a limit on speed. */
const LIMIT_MS = 4 * 60_000;

stopChildrenOnSignals(1);
const temporary = mkdtempSync(join(tmpdir(), "cloudauth-edge-packaging-"));
after(async () => {
  await stopAll();
  rmSync(temporary, { recursive: true, force: true });
});

/** The package as published, packed once per test file. */
export const tarball = await pack(temporary);

/** A folder whose projects resolve the packages in this folder. */
function workspace() {
  const folder = join(temporary, "workspace");
  if (!existsSync(folder)) {
    mkdirSync(folder);
    symlinkSync(tools, join(folder, "node_modules"));
  }
  return folder;
}

/** The project's own tools first, then those in this folder, then those of the workspace. */
function environment(folder, variables) {
  const env = projectEnv();
  const paths = [join(folder, "node_modules", ".bin"), env.PATH, join(tools, ".bin")];
  return {
    ...env,
    ...variables,
    PATH: paths.join(":"),
    DO_NOT_TRACK: "1",
    NO_COLOR: "1",
    FORCE_COLOR: undefined,
  };
}

/**
 * Copies a project and installs the package into it, without network access.
 *
 * @param {string} source the project's folder; a plain name is one under projects/
 * @param {{ packagesOf?: string, withTools?: boolean }} [options] a project under projects/ whose installed packages it
 *   gets; whether it resolves the packages of this folder, like a project in a workspace
 */
export async function consumer(source, { packagesOf, withTools = false } = {}) {
  const folder = mkdtempSync(join(withTools ? workspace() : temporary, `${basename(source)}-`));
  cpSync(resolve(projects, source), folder, { recursive: true, verbatimSymlinks: true });
  if (packagesOf) {
    const packages = join(projects, packagesOf, "node_modules");
    cpSync(packages, join(folder, "node_modules"), { recursive: true, verbatimSymlinks: true });
  }
  cpSync(join(projects, "shared"), folder, { recursive: true });
  const env = (variables = {}) => environment(folder, variables);
  await must(
    "npm",
    ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", tarball],
    { cwd: folder, env: env() },
  );
  const installed = join(folder, "node_modules", "cloudauth-edge");
  if (!existsSync(join(installed, "package.json"))) throw new Error("The package was not installed");
  return {
    folder,
    installed,
    /** Runs a program in the project and returns its output; throws if it fails. */
    must: (program, args, variables) =>
      must(program, args, { cwd: folder, env: env(variables), limitMs: LIMIT_MS }),
    /** Starts a program in the project. */
    start: (program, args, variables) => start(program, args, { cwd: folder, env: env(variables) }),
  };
}
