// Builds the console with Vite, from www/ and the lab module into www/dist, which the Worker serves.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, sep } from "node:path";
import { must } from "./lib/process.mjs";
import { at, filesUnder, root } from "./lib/project.mjs";

const stamp = at("target", "console.built-from");

/** Every file of the built console. */
export const consoleFiles = () => filesUnder(at("www", "dist"));

/** @param {string} modules fingerprint of the WebAssembly modules */
function fingerprint(modules) {
  const hash = createHash("sha256")
    .update(modules)
    .update(readFileSync(at("package-lock.json")));
  const sources = filesUnder(at("www")).filter((file) => !file.startsWith(at("www", "dist") + sep));
  for (const file of [...sources, at("pkg", "core.js"), ...filesUnder(at("pkg", "phone"))]) {
    hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

export async function buildConsole(modules) {
  const inputs = fingerprint(modules);
  const isBuilt = existsSync(at("www", "dist", "index.html")) && existsSync(stamp);
  if (isBuilt && readFileSync(stamp, "utf8") === inputs) return "there";
  await must("vite", ["build", "--config", at("www", "vite.config.js"), "--logLevel", "warn"], {
    advice: "Fix the errors that Vite reports above.",
  });
  // The folder is missing if no module had to be built.
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, inputs);
}
