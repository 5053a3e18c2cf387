// Parses the project's documentation for the tests in this folder.

import { readFileSync } from "node:fs";
import { at } from "../../scripts/lib/project.mjs";
import { tracked } from "../../scripts/lib/tracked.mjs";

export const files = tracked("*.md");

export const read = (file) => readFileSync(at(file), "utf8");

/** `docs/guide/client.md` for `docs/guide/client.zh-CN.md`; undefined if the file is not a translation. */
export const originalOf = (file) =>
  file.endsWith(".zh-CN.md") ? file.replace(".zh-CN.md", ".md") : undefined;

const FENCE = /^([ ]*)(`{3,})([^\n`]*)\n(.*?)^\1\2[ ]*$/gms;

/** The fenced blocks of a text: language, number of the first line, and unindented content. */
export function blocksOf(text) {
  return [...text.matchAll(FENCE)].map(({ 1: indent, 3: language, 4: inside, index, 0: whole }) => ({
    language: language.trim(),
    line: text.slice(0, index).split("\n").length + 1,
    text: inside.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    end: index + whole.length,
    start: index,
  }));
}

export const withoutBlocks = (text) => text.replaceAll(FENCE, "");

/** Headings in order: their depth and the anchor that GitHub gives them. */
export function headingsOf(text) {
  const seen = new Map();
  return [...withoutBlocks(text).matchAll(/^(#{1,6}) (.+)$/gm)].map(([, marks, title]) => {
    const slug = title
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
      .replaceAll(" ", "-");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return { depth: marks.length, anchor: times ? `${slug}-${times}` : slug };
  });
}

/** The targets of links and pictures. */
export function linksOf(text) {
  const prose = withoutBlocks(text).replaceAll(/`[^`\n]*`/g, "");
  const inline = [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)];
  const defined = [...prose.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)];
  const html = [...prose.matchAll(/(?:href|src|srcset)="([^"]+)"/g)];
  return [...inline, ...defined, ...html].map(([, target]) => target);
}
