// Every code block of the documentation is run, or is part of a file that is.
//
// Commands (```sh) are run by commands.test.mjs. Any other block stands, line for line, in a file under examples/ or
// tests/, which the suites run; or blocks.json names the test that reads it out of the page, or why there is none.

import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { blocksOf, files, originalOf, read, tracked } from "./markdown.mjs";

/** `by` reads every block of that language in that file. */
const elsewhere = JSON.parse(read("tests/docs/blocks.json"));

const tested = tracked("examples", "tests")
  .filter((file) => !/\.md$|package-lock\.json$|^tests\/(docs|vectors)\//.test(file))
  .map((file) => lines(read(file)));

function lines(text) {
  return text.replace(/\n+$/, "").split("\n");
}

/** Without the space that all lines begin with. */
function unindented(some) {
  const indents = some.filter((line) => line.trim()).map((line) => line.match(/^ */)[0].length);
  const least = Math.min(...indents);
  return some.map((line) => line.slice(least)).join("\n");
}

/** Whether the block's lines stand in the file one after the other, however far indented. */
function holds(file, block) {
  const first = block[0].trim();
  return file.some(
    (line, at) =>
      line.trim() === first && unindented(file.slice(at, at + block.length)) === unindented(block),
  );
}

/** A block that shows what the commands before it print is compared by the test that runs them. */
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
