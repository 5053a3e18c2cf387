// Builds the npm package cloudauth-edge-gateway: the bundled code, with the other files in the same
// folder.

import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { must } from "./lib/process.mjs";
import { at, filesUnder, root } from "./lib/project.mjs";

const dist = at("server", "dist");
const stamp = join(dist, ".built-from");

/** The other files, by their names in the folder. */
const files = {
  "gateway.wasm": at("pkg", "wasm", "gateway", "cloudauth_edge_bg.wasm"),
  "openapi.json": at("worker", "openapi.json"),
  console: at("www", "dist"),
};

function fingerprint() {
  const folders = [at("server"), at("host"), at("pkg"), at("www", "dist")];
  const sources = folders.flatMap(filesUnder).filter((file) => !file.startsWith(dist + sep));
  const hash = createHash("sha256");
  for (const file of [...sources, files["openapi.json"], at("scripts", "server.mjs")])
    hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

export async function buildServer() {
  const inputs = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === inputs) return "there";
  rmSync(dist, { recursive: true, force: true });
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
    `--outdir=${dist}`,
    "--entry-names=cloudauth-edge-gateway",
  ]);
  for (const [name, source] of Object.entries(files)) cpSync(source, join(dist, name), { recursive: true });
  writeFileSync(stamp, inputs);
  return undefined;
}
