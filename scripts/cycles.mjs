// Checks that the crate's modules do not import each other in a cycle. Part of the lint.

import { readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import { Failure } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at, filesUnder } from "./lib/project.mjs";

/** The module that a source file defines, from the crate's root: `gateway/ledger/mod.rs` → `gateway::ledger`. */
const moduleOf = (file) =>
  file
    .replace(/\.rs$/, "")
    .split(/[\\/]/)
    .filter((part, index, parts) => !(index === parts.length - 1 && ["mod", "lib"].includes(part)))
    .join("::");

/** Source text without comments, strings and the unit tests at its end; `mod tests;` can be anywhere. */
const code = (text) =>
  text
    .replace(/^#\[cfg\((?:all\()?test\b.*\n(?:#\[.*\n)*mod tests \{[\s\S]*/m, "")
    .replace(/\/\/.*$/gm, "")
    .replace(/r#"[\s\S]*?"#/g, '""')
    .replace(/"(?:\\.|[^"\\])*"/g, '""');

/**
 * Every path of a `use`, with `{…}` expanded: `a::{b, c::{self, d}}` → `a::b`, `a::c`, `a::c::d`.
 */
function expanded(tree) {
  const open = tree.indexOf("{");
  if (open < 0) return [tree.replace(/\s+as\s+\w+/, "").trim()];
  const prefix = tree.slice(0, open).trim();
  const parts = [];
  let depth = 0;
  let part = "";
  for (const letter of tree.slice(open + 1, tree.lastIndexOf("}"))) {
    if (letter === "{") depth += 1;
    if (letter === "}") depth -= 1;
    if (letter === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += letter;
  }
  return [...parts, part]
    .map((inner) => inner.trim())
    .filter(Boolean)
    .flatMap((inner) => (inner === "self" ? [prefix.replace(/::$/, "")] : expanded(prefix + inner)));
}

/** The paths that a module's source names, from the crate's root. */
function pathsIn(text, module) {
  const source = code(text);
  const uses = [...source.matchAll(/\buse\s+([^;]+);/g)].flatMap(([, tree]) => expanded(tree));
  const inline = [...source.replace(/\buse\s+[^;]+;/g, "").matchAll(/\b(?:crate|super)(?:::\w+)+/g)].map(
    ([path]) => path,
  );
  return [...uses, ...inline].flatMap((path) => {
    const parts = path.split("::");
    if (parts[0] === "crate") return [parts.slice(1).join("::")];
    let here = module.split("::");
    if (parts[0] !== "super" && parts[0] !== "self") return [];
    if (parts[0] === "self") parts.shift();
    while (parts[0] === "super") {
      here = here.slice(0, -1);
      parts.shift();
    }
    return [[...here, ...parts].join("::")];
  });
}

/**
 * Each module with the modules that it imports; a path counts for the most deeply nested module
 * that it names.
 */
export function imports(sources) {
  const modules = new Map(Object.entries(sources).map(([file, text]) => [moduleOf(file), text]));
  const deepest = (path) => {
    const parts = path.split("::");
    while (parts.length > 0 && !modules.has(parts.join("::"))) parts.pop();
    return parts.join("::");
  };
  return new Map(
    [...modules].map(([module, text]) => [
      module,
      new Set(
        pathsIn(text, module)
          .map(deepest)
          // The root declares all modules and exports their items under short names.
          .filter((target) => target !== "" && target !== module),
      ),
    ]),
  );
}

/** The modules that a module reaches through its imports. */
function reached(graph, from) {
  const found = new Set();
  const visit = (module) => {
    for (const next of graph.get(module) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(from);
  return found;
}

/** Groups of modules that reach each other. */
export function circles(graph) {
  const reaches = new Map([...graph.keys()].map((module) => [module, reached(graph, module)]));
  const groups = [...graph.keys()].map((module) =>
    [...reaches.get(module)].filter((other) => reaches.get(other)?.has(module)).sort(),
  );
  // Every member of a group finds the same group.
  return groups.filter(
    (group, index) => group.length > 0 && index === groups.findIndex((other) => other[0] === group[0]),
  );
}

await command(import.meta, async () => {
  const files = filesUnder(at("src")).filter((file) => file.endsWith(".rs"));
  const sources = Object.fromEntries(
    files.map((file) => [relative(at("src"), file).split(sep).join("/"), readFileSync(file, "utf8")]),
  );
  delete sources["lib.rs"];
  const graph = imports(sources);
  const found = circles(graph);
  if (found.length > 0) {
    const lines = found.flatMap((group) => [
      group.join(", "),
      ...group.flatMap((from) =>
        [...graph.get(from)].filter((to) => group.includes(to)).map((to) => `  ${from} → ${to}`),
      ),
    ]);
    throw new Failure("Modules import each other in a circle.", {
      output: lines.join("\n"),
      advice: "Move what both need into a module below them.",
    });
  }
  console.log(`${graph.size} modules, no import circle`);
});
