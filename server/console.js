/** The console's files, with the headers from `_headers`, compressed for clients that accept it. */

import { readFileSync, readdirSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";

/** @typedef {{ status: number, headers: [string, string][], body: Uint8Array }} File */

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
 * Returns a function that finds the file at a path; `accepted` is the request's Accept-Encoding.
 *
 * @param {string} folder
 * @returns {(path: string, accepted?: string) => File | undefined}
 */
export function consoleIn(folder) {
  const rules = rulesOf(readFileSync(join(folder, "_headers"), "utf8"));
  /** @type {Map<string, File>} */
  const pages = new Map();
  /** Compressed when they are first asked for. @type {Map<File, File>} */
  const compressed = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === "_headers") continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file).split(sep).join("/")}`;
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    const headers = rules.filter(({ applies }) => applies(path)).flatMap((rule) => rule.headers);
    pages.set(path, {
      status: 200,
      headers: [["content-type", type], ["vary", "accept-encoding"], ...headers],
      body: readFileSync(file),
    });
  }
  return (path, accepted) => {
    const page = pages.get(path === "/" ? "/index.html" : path);
    if (!page || !acceptsGzip(accepted)) return page;
    let smaller = compressed.get(page);
    if (!smaller) {
      const headers = /** @type {[string, string][]} */ ([...page.headers, ["content-encoding", "gzip"]]);
      smaller = { ...page, headers, body: gzipSync(page.body) };
      compressed.set(page, smaller);
    }
    return smaller;
  };
}

/**
 * Whether an Accept-Encoding (RFC 9110 §12.5.3) permits gzip; `q=0` forbids it.
 *
 * @param {string} [accepted]
 */
function acceptsGzip(accepted = "") {
  const weights = new Map(
    accepted.split(",").map((one) => {
      const [coding = "", weight = "q=1"] = one.toLowerCase().split(";");
      return [coding.trim(), Number(weight.trim().replace(/^q=/, ""))];
    }),
  );
  return (weights.get("gzip") ?? weights.get("*") ?? 0) > 0;
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
