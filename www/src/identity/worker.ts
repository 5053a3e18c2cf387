/** Checks a list away from the page, so that the page stays quick. */

import { loadCore } from "../core/load";
import type { CheckedChunk, Layout } from "../core";

export type Order = { kind: "read"; source: Blob } | { kind: "check"; layout: Layout; allDocuments: boolean };

export type Report =
  | { kind: "layout"; layout: Layout; encoding: string; empty: boolean }
  | { kind: "chunk"; chunk: CheckedChunk; share: number }
  | { kind: "done" }
  | { kind: "failed" };

/** Small enough for a report several times a second, large enough to cost little. */
const CHUNK_CHARACTERS = 64 * 1024;
const LAYOUT_CHARACTERS = 16 * 1024;

const core = loadCore();
let text = "";

const report = (message: Report) => self.postMessage(message);

self.addEventListener("message", async (event: MessageEvent<Order>) => {
  try {
    if (event.data.kind === "read") await read(event.data.source);
    else await check(event.data.layout, event.data.allDocuments);
  } catch {
    report({ kind: "failed" });
  }
});

async function read(source: Blob): Promise<void> {
  const bytes = await source.arrayBuffer();
  let encoding = "UTF-8";
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // What Chinese spreadsheets write where it is not UTF-8.
    encoding = "GB18030";
    text = new TextDecoder("gb18030").decode(bytes);
  }
  const layout = (await core).listLayout(text.slice(0, LAYOUT_CHARACTERS));
  report({ kind: "layout", layout, encoding, empty: text.trim() === "" });
}

async function check(layout: Layout, allDocuments: boolean): Promise<void> {
  const module = await core;
  let rest = "";
  let line = 1;
  for (let at = 0; at < text.length; at += CHUNK_CHARACTERS) {
    const end = at + CHUNK_CHARACTERS;
    const last = end >= text.length;
    const chunk = module.checkList(layout, rest + text.slice(at, end), line, last, allDocuments, Date.now());
    ({ rest, nextLine: line } = chunk);
    report({ kind: "chunk", chunk, share: Math.min(end / text.length, 1) });
  }
  report({ kind: "done" });
}
