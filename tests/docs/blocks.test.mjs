// Every code block in the documentation is run, or is part of a file that is run.
//
// Commands (```sh) are run by commands.test.mjs. Any other block is contained, line by line, in a file under examples/ or
// tests/ that the suites run; otherwise, blocks.json names the test that reads it from the page, or the reason why there
// is none.

import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { tracked } from "../../scripts/lib/tracked.mjs";
import { blocksOf, files, originalOf, read } from "./markdown.mjs";

/** `by` reads every block of that language in that file. */
const elsewhere = JSON.parse(read("tests/docs/blocks.json"));

const tested = tracked("examples", "tests")
  .filter((file) => !/\.md$|package-lock\.json$|^tests\/(docs|vectors)\//.test(file))
  .map((file) => lines(read(file)));

function lines(text) {
  return text.replace(/\n+$/, "").split("\n");
}

/** Removes the indentation that all lines share. */
function unindented(some) {
  const indents = some.filter((line) => line.trim()).map((line) => line.match(/^ */)[0].length);
  const least = Math.min(...indents);
  return some.map((line) => line.slice(least)).join("\n");
}

/** Whether the file contains the block's lines consecutively, with any indentation. */
function holds(file, block) {
  const first = block[0].trim();
  return file.some(
    (line, at) =>
      line.trim() === first && unindented(file.slice(at, at + block.length)) === unindented(block),
  );
}

/** A block with the output of the commands before it; the test that runs the commands compares it. */
const isOutput = (text, { language, start }, before) =>
  language === "text" && before?.language === "sh" && text.slice(before.end, start).trim() === "";

test("every block is accounted for", () => {
  const unaccounted = [];
  const used = new Set();
  let found = 0;
  for (const file of files) {
    const text = read(file);
    const blocks = blocksOf(text);
    for (const [index, block] of blocks.entries()) {
      found += 1;
      if (block.language === "sh" || isOutput(text, block, blocks[index - 1])) continue;
      if (tested.some((other) => holds(other, lines(block.text)))) continue;
      const entry = elsewhere.find(
        (known) => known.file === (originalOf(file) ?? file) && known.language === block.language,
      );
      if (entry) used.add(entry);
      else unaccounted.push(`${file}:${block.line} (${block.language || "no language"})`);
    }
  }
  assert.ok(found > 20, `${found} blocks`);
  assert.deepEqual(unaccounted, [], "neither in examples/ or tests/ nor in blocks.json");
  assert.deepEqual(
    elsewhere.filter((entry) => !used.has(entry)),
    [],
    "no longer needed in blocks.json",
  );
});

test("the tests that blocks.json names read the page", () => {
  for (const { file, by, why } of elsewhere) {
    assert.ok(by ?? why, file);
    if (by) assert.ok(read(by).includes(basename(file)), `${by} does not read ${file}`);
  }
});

test("an unlisted block is noticed", () => {
  const file = lines("function a() {\n  one();\n  two();\n}\n");
  assert.ok(holds(file, lines("one();\ntwo();\n")));
  assert.ok(!holds(file, lines("one();\nthree();\n")));
  assert.ok(!holds(file, lines("one();\n  two();\n")));
});
