/** Checks a list in a worker, so that the page stays responsive. */

import { loadCore } from "../core/load";
import type { Layout } from "../core";
import { Collected, type Labels, type Row, type Tally } from "./collected";

export type { Row, Tally } from "./collected";

export type Order =
  | { kind: "read"; source: Blob }
  | { kind: "check"; layout: Layout; allDocuments: boolean }
  | { kind: "stop" }
  | { kind: "rows"; from: number; count: number }
  | { kind: "file"; labels: Labels };

/** Bytes that are invalid in the encoding, or U+FFFD, which a program wrote in place of such bytes. */
export type Damage = "bytes" | "replaced" | null;

export type Report =
  | { kind: "layout"; layout: Layout; encoding: string; empty: boolean; damage: Damage }
  | { kind: "progress"; rows: number; share: number }
  | { kind: "ended"; stopped: boolean; tally: Tally }
  | { kind: "rows"; rows: Row[] }
  | { kind: "file"; file: Blob }
  | { kind: "workbook" }
  | { kind: "failed" }
  /** The module did not load. */
  | { kind: "outdated" };

/** Small enough to report several times a second, large enough to cost little. */
const CHUNK_CHARACTERS = 64 * 1024;
const LAYOUT_CHARACTERS = 16 * 1024;

const core = loadCore();
let text = "";
let stopped = false;
let collected = new Collected();

const report = (message: Report) => self.postMessage(message);

self.addEventListener("message", async (event: MessageEvent<Order>) => {
  try {
    await obey(event.data);
  } catch {
    const hasLoaded = await core.then(
      () => true,
      () => false,
    );
    report({ kind: hasLoaded ? "failed" : "outdated" });
  }
});

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case "read":
      return read(order.source);
    case "check":
      return check(order.layout, order.allDocuments);
    case "stop":
      stopped = true;
      return;
    case "rows": {
      const { maskCertNo } = await core;
      return report({ kind: "rows", rows: collected.page(order.from, order.count, maskCertNo) });
    }
    case "file":
      return report({ kind: "file", file: collected.file(order.labels) });
  }
}

/** Lets the worker receive a message that has arrived in the meantime. */
function breathe(): Promise<unknown> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = (event) => {
      port1.close();
      resolve(event);
    };
    port2.postMessage(null);
  });
}

async function read(source: Blob): Promise<void> {
  const bytes = new Uint8Array(await source.arrayBuffer());
  if (WORKBOOKS.some((begin) => begin.every((byte, at) => bytes[at] === byte))) {
    return report({ kind: "workbook" });
  }
  const { encoding, decoded, valid } = decode(bytes);
  const alone = decoded.match(LONE_CR)?.length ?? 0;
  const feeds = decoded.match(/\n/g)?.length ?? 0;
  text = alone > feeds ? decoded.replaceAll(LONE_CR, "\n") : decoded;
  const layout = (await core).listLayout(text.slice(0, LAYOUT_CHARACTERS));
  const damage = !valid ? "bytes" : text.includes("\uFFFD") ? "replaced" : null;
  report({ kind: "layout", layout, encoding, empty: text.trim() === "", damage });
}

/** How .xlsx (a ZIP archive) and .xls begin. */
const WORKBOOKS = [
  [0x50, 0x4b, 0x03, 0x04],
  [0xd0, 0xcf, 0x11, 0xe0],
];

const BYTE_ORDER_MARKS: [encoding: string, bytes: number[]][] = [
  ["UTF-8", [0xef, 0xbb, 0xbf]],
  ["UTF-16LE", [0xff, 0xfe]],
  ["UTF-16BE", [0xfe, 0xff]],
];

/** Spreadsheets of old Macs end lines so. */
const LONE_CR = /\r(?!\n)/g;

interface Decoded {
  encoding: string;
  decoded: string;
  /** Whether all bytes are valid in the encoding. */
  valid: boolean;
}

function decodeAs(encoding: string, bytes: Uint8Array): Decoded {
  try {
    return { encoding, decoded: new TextDecoder(encoding, { fatal: true }).decode(bytes), valid: true };
  } catch {
    return { encoding, decoded: new TextDecoder(encoding).decode(bytes), valid: false };
  }
}

/** Without a mark: UTF-16 or UTF-8, or GB18030, in which Chinese spreadsheets write otherwise. */
function decode(bytes: Uint8Array): Decoded {
  const marked = BYTE_ORDER_MARKS.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte));
  const encoding = marked?.[0] ?? utf16By(bytes);
  if (encoding) return decodeAs(encoding, bytes);
  const utf8 = decodeAs("UTF-8", bytes);
  if (utf8.valid) return utf8;
  // A file that was cut, or has a few wrong bytes, is still UTF-8. GB18030 decodes almost any bytes without an error,
  // but hardly ever makes three bytes that are a Chinese character in UTF-8.
  let invalid = 0;
  let chinese = 0;
  for (const character of utf8.decoded) {
    if (character === "\uFFFD") invalid += 1;
    else if (character > "\u07FF") chinese += 1;
  }
  return invalid < chinese ? utf8 : decodeAs("GB18030", bytes);
}

/**
 * UTF-16 by its zero bytes: each digit, separator and end of a line has one, the first of its two bytes in big-endian order.
 * UTF-8 and GB18030 have none.
 */
function utf16By(bytes: Uint8Array): string | undefined {
  const zeros: [even: number, odd: number] = [0, 0];
  const beginning = bytes.subarray(0, LAYOUT_CHARACTERS);
  beginning.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2 === 0 ? 0 : 1] += 1;
  });
  const [even, odd] = zeros;
  if (even + odd < beginning.length / 20) return undefined;
  // Some Chinese characters have a zero byte on the other side.
  if (odd > 2 * even) return "UTF-16LE";
  if (even > 2 * odd) return "UTF-16BE";
  return undefined;
}

async function check(layout: Layout, allDocuments: boolean): Promise<void> {
  const module = await core;
  collected = new Collected();
  stopped = false;
  let rest = "";
  let [row, line] = [1, 1];
  for (let at = 0, end; at < text.length && !stopped; at = end) {
    end = at + CHUNK_CHARACTERS;
    // The module would replace each half of a surrogate pair.
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end += 1;
    const last = end >= text.length;
    const part = rest + text.slice(at, end);
    const chunk = module.checkList(layout, part, row, line, last, allDocuments, Date.now());
    ({ rest, nextRow: row, nextLine: line } = chunk);
    collected.add(chunk);
    report({ kind: "progress", rows: collected.rows, share: Math.min(end / text.length, 1) });
    await breathe();
  }
  report({ kind: "ended", stopped, tally: collected.tally() });
}
