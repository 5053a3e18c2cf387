// Checks that link targets and pictures exist, and that translations match their originals.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";
import { test } from "node:test";
import { at } from "../../scripts/lib/project.mjs";
import { blocksOf, files, headingsOf, linksOf, originalOf, read } from "./markdown.mjs";

/** What is wrong with a link in `file`; undefined if its target exists. */
function wrong(file, link) {
  if (/^(https?|mailto):/.test(link)) return undefined;
  const [path, anchor] = link.split("#");
  const target = path ? normalize(join(dirname(file), decodeURI(path))) : file;
  if (target.startsWith("..")) return "leads out of the project";
  if (!existsSync(at(target))) return "there is no such file";
  if (!anchor) return undefined;
  if (!target.endsWith(".md")) return "has an anchor in a file that is not a page";
  const anchors = headingsOf(read(target)).map((heading) => heading.anchor);
  return anchors.includes(decodeURI(anchor)) ? undefined : `there is no such heading in ${target}`;
}

test("every link has a target", () => {
  const links = files.flatMap((file) => linksOf(read(file)).map((link) => [file, link]));
  assert.ok(links.some(([file]) => file === "README.md"));
  const broken = links.map(([file, link]) => [file, link, wrong(file, link)]).filter(([, , why]) => why);
  assert.deepEqual(broken, []);
});

for (const file of files.filter(originalOf)) {
  const original = originalOf(file);
  test(`${file} follows ${original}`, () => {
    const [ours, theirs] = [read(file), read(original)];
    const depths = (text) => headingsOf(text).map((heading) => heading.depth);
    assert.deepEqual(depths(ours), depths(theirs), "the headings");
    assert.deepEqual(blocksOf(ours).map(code), blocksOf(theirs).map(code), "the code, but for comments");
    const link = (text, to) => linksOf(text).some((link) => link.split("/").at(-1) === to.split("/").at(-1));
    assert.ok(link(ours, original) && link(theirs, file), "they are linked to one another");
  });
}

/** A block without the comments of shell scripts, which are translated. */
function code({ language, text }) {
  if (language !== "sh") return [language, text];
  return [language, text.replaceAll(/^# .*\n/gm, "").replaceAll(/\s+# .*$/gm, "")];
}
