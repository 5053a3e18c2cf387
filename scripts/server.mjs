// Builds the npm package cloudauth-edge-gateway: the bundled code, with the other files in the same
// folder.

import { cpSync, rmSync } from "node:fs";
import { join, sep } from "node:path";
import { consoleDist } from "./console.mjs";
import { must } from "./lib/process.mjs";
import { at, filesUnder } from "./lib/project.mjs";
import { fingerprint } from "./lib/stamp.mjs";

export const serverDist = at("server", "dist");

/** The other files, by their names in the folder. */
const files = {
  "gateway.wasm": at("pkg", "wasm", "gateway", "cloudauth_edge_bg.wasm"),
  "openapi.json": at("worker", "openapi.json"),
  console: consoleDist,
};

export function serverInputs() {
  const folders = [at("server"), at("host"), at("pkg"), consoleDist];
  const sources = folders.flatMap(filesUnder).filter((file) => !file.startsWith(serverDist + sep));
  return fingerprint([...sources, files["openapi.json"], at("scripts", "server.mjs")]);
}

export async function buildServer() {
  rmSync(serverDist, { recursive: true, force: true });
  await must("esbuild", [
    at("server", "cli.js"),
    "--bundle",
    // Each command loads only what it needs.
    "--splitting",
    "--format=esm",
    "--platform=node",
    "--target=node24",
    "--packages=external",
    // For the coverage of the sources; not published.
    "--sourcemap",
    "--log-level=warning",
    `--outdir=${serverDist}`,
    "--entry-names=cloudauth-edge-gateway",
  ]);
  for (const [name, source] of Object.entries(files))
    cpSync(source, join(serverDist, name), { recursive: true });
}
