// docs/codes.md has every code of an error that the sources can create.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (file) => readFileSync(new URL(file, root), "utf8");
const filesIn = (folder, end) =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith(end))
    .map((name) => folder + name);

/** Where the sources name the code of an error. */
const NAMED = [
  /(?:protocol_error|whole|cut|fail)\(\s*"([A-Z]\w+)"/g,
  /Kind::\w+,\s*"([A-Z]\w+)"/g,
  /=> \(\s*"(Order\w+)"/g,
  /\blocal\(\s*"\w+",\s*"([A-Z]\w+)"/g,
  /\binvalid\(\s*"([A-Z]\w+)"/g,
];

test("every code of an error is in both pages", () => {
  const sources = [
    ...filesIn("src/client/", ".rs"),
    "src/error.rs",
    "src/host.rs",
    ...filesIn("pkg/src/", ".ts"),
  ];
  const texts = sources.map((file) => read(file).split("#[cfg(test)]")[0]);
  const codes = texts.flatMap((text) =>
    NAMED.flatMap((pattern) => [...text.matchAll(pattern)].map(([, code]) => code)),
  );
  for (const known of ["NoVerdict", "Timeout", "OrderNotStored", "NotTheGateway", "NoRandomness"])
    assert.ok(codes.includes(known), known);
  for (const page of ["docs/codes.md", "docs/codes.zh-CN.md"]) {
    const text = read(page);
    for (const code of codes) assert.ok(text.includes(`\`${code}\``), `${code} in ${page}`);
  }
});
