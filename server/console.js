/** The console's files, with the headers from `_headers`. */

import { readFileSync, readdirSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";

/** @type {Record<string, string>} */
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * @param {string} folder
 * @returns {(path: string) => { status: number, headers: [string, string][], body: Uint8Array } | undefined}
 */
export function consoleIn(folder) {
  const rules = rulesOf(readFileSync(join(folder, "_headers"), "utf8"));
  const pages = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === "_headers") continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file).split(sep).join("/")}`;
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    const headers = rules.filter(({ applies }) => applies(path)).flatMap((rule) => rule.headers);
    pages.set(path, { status: 200, headers: [["content-type", type], ...headers], body: readFileSync(file) });
  }
  return (path) => pages.get(path === "/" ? "/index.html" : path);
}

/**
 * Parses `_headers`: each rule is a line with a path, which may end in `*`, followed by indented lines with headers.
 *
 * @param {string} text
 */
function rulesOf(text) {
  /** @type {{ applies: (asked: string) => boolean, headers: [string, string][] }[]} */
  const rules = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("/")) {
      const path = line.trim();
      const applies = path.endsWith("*")
        ? (/** @type {string} */ asked) => asked.startsWith(path.slice(0, -1))
        : (/** @type {string} */ asked) => asked === path;
      rules.push({ applies, headers: [] });
    } else if (/^\s+\S/.test(line)) {
      const colon = line.indexOf(":");
      rules.at(-1)?.headers.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]);
    }
  }
  return rules;
}
