// Builds the console with Vite, from www/ and the lab module into www/dist, which the Worker serves.

import { sep } from "node:path";
import { must } from "./lib/process.mjs";
import { at, filesUnder } from "./lib/project.mjs";
import { fingerprint } from "./lib/stamp.mjs";

export const consoleDist = at("www", "dist");
/** Every file of the built console. */
export const consoleFiles = () => filesUnder(consoleDist);

/** @param {string} modules fingerprint of the WebAssembly modules */
export function consoleInputs(modules) {
  const sources = filesUnder(at("www")).filter((file) => !file.startsWith(consoleDist + sep));
  const others = [
    at("package-lock.json"),
    at("pkg", "dist", "core.js"),
    at("pkg", "src", "gateway-problem.ts"),
    at("pkg", "src", "gateway-search.ts"),
    ...filesUnder(at("pkg", "phone")),
  ];
  return fingerprint([...sources, ...others], modules);
}

export const buildConsole = () =>
  must("vite", ["build", "--config", at("www", "vite.config.js"), "--logLevel", "warn"], {
    advice: "Fix the errors that Vite reports above.",
  });
