// Measures the named parts, by default all, and writes results.md and results.svg. Results of other parts from an
// earlier run on the same machine and versions are kept in results.json, which git ignores.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { chart } from "./lib/chart.mjs";
import { isNoisy, print, report } from "./lib/report.mjs";

const PARTS = ["signing", "calls", "size", "startup", "scale", "sandbox", "gateway", "instances"];

const file = (name) => new URL(name, import.meta.url);
const json = (name) => JSON.parse(readFileSync(file(name), "utf8"));

function machine() {
  const installed = ["cloudauth-edge", "esbuild", "workerd"].map((name) => [
    name,
    json(`../node_modules/${name}/package.json`).version,
  ]);
  // These are exact versions, so they are the installed ones.
  const peers = Object.entries(json("package.json").dependencies);
  return {
    Machine: `${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}`,
    "Node.js": process.version,
    Versions: [...installed, ...peers].map((pair) => pair.join(" ")).join(", "),
  };
}

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !PARTS.includes(name));
if (unknown !== undefined) {
  console.error(
    `There is no part ${unknown}. Usage: npm run bench [-- part …]; the parts are ${PARTS.join(", ")}`,
  );
  process.exit(1);
}
const chosen = asked.length > 0 ? asked : PARTS;

// Stops child processes and deletes temporary files.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));

const now = { machine: machine() };
const stored = existsSync(file("results.json")) ? json("results.json") : {};
const parts = JSON.stringify(stored.machine) === JSON.stringify(now.machine) ? stored.parts : {};

for (const name of PARTS.filter((part) => chosen.includes(part))) {
  const begun = Date.now();
  console.log(`\nmeasuring ${name} …`);
  const { title, about, measure } = await import(`./parts/${name}.mjs`);
  const tables = await measure();
  parts[name] = { title, about, date: `${new Date().toISOString().slice(0, 16)}Z`, tables };
  print(parts[name]);
  console.log(`${name} took ${Math.round((Date.now() - begun) / 1000)} s`);
  if (isNoisy(parts[name])) {
    console.log(
      "This is a noisy run: names with ~ were disturbed or vary. Measure again on a quieter machine.",
    );
  }
  // Written after each part, so that an interrupted run keeps its results.
  writeFileSync(file("results.json"), JSON.stringify({ ...now, parts }));
  const all = PARTS.filter((part) => parts[part]).map((part) => parts[part]);
  writeFileSync(file("results.md"), report({ ...now, parts: all }));
  writeFileSync(file("results.svg"), chart(all));
}
console.log("\nWritten: bench/results.md, bench/results.svg");
