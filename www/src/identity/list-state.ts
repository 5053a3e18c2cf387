import { batch, signal } from "@preact/signals";
import type { CheckedChunk, Layout, Listed } from "../core";
import { allDocuments } from "./options";
import type { Order, Report } from "./worker";

/** A row with something found in it. */
export interface Mark {
  line: number;
  problem: Listed;
}

export interface Tally {
  rows: number;
  right: number;
  /** Counts by problem: what makes a row wrong first, then the most frequent. */
  counts: { problem: Listed; count: number }[];
  marks: Mark[];
  twice: number;
}

export type Stage = "empty" | "reading" | "ready" | "checking" | "done" | "stopped" | "failed";

export const stage = signal<Stage>("empty");
export const layout = signal<Layout | null>(null);
export const encoding = signal("");
export const isEmpty = signal(false);
export const share = signal(0);
export const tally = signal<Tally | null>(null);
export const seconds = signal(0);

let worker: Worker | null = null;
let begun = 0;

// What is collected while chunks come in; shown at the end, and counted on the way.
let rows = 0;
let right = 0;
let marks: Mark[] = [];
let kinds = new Map<string, { problem: Listed; count: number }>();
let firstLines = new Map<string, number>();
let twice = 0;

export const rowsSoFar = signal(0);

function send(order: Order): void {
  worker?.postMessage(order);
}

/** Reads a list and detects its layout. */
export function readList(source: Blob): void {
  reset();
  const mine = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  // A report may be on its way while its worker is stopped.
  mine.addEventListener("message", (event: MessageEvent<Report>) => {
    if (worker === mine) receive(event.data);
  });
  mine.addEventListener("error", () => {
    if (worker === mine) stage.value = "failed";
  });
  worker = mine;
  stage.value = "reading";
  send({ kind: "read", source });
}

export function checkList(): void {
  if (!layout.value || !worker) return;
  collectAnew();
  begun = performance.now();
  stage.value = "checking";
  send({ kind: "check", layout: layout.value, allDocuments: allDocuments.value });
}

export function stop(): void {
  worker?.terminate();
  worker = null;
  show("stopped");
}

export function reset(): void {
  worker?.terminate();
  worker = null;
  collectAnew();
  batch(() => {
    stage.value = "empty";
    layout.value = null;
    tally.value = null;
  });
}

function collectAnew(): void {
  rows = 0;
  right = 0;
  twice = 0;
  marks = [];
  kinds = new Map();
  firstLines = new Map();
  batch(() => {
    share.value = 0;
    rowsSoFar.value = 0;
    tally.value = null;
  });
}

function receive(report: Report): void {
  switch (report.kind) {
    case "layout":
      batch(() => {
        layout.value = report.layout;
        encoding.value = report.encoding;
        isEmpty.value = report.empty;
        stage.value = "ready";
      });
      break;
    case "chunk":
      collect(report.chunk);
      batch(() => {
        share.value = report.share;
        rowsSoFar.value = rows;
      });
      break;
    case "done":
      show("done");
      break;
    case "failed":
      stage.value = "failed";
      break;
  }
}

/** Written in the same words as the module's own problems, and found here because it spans chunks. */
function givenTwice(line: number): Listed {
  return {
    field: "certNo",
    fatal: false,
    rule: "given-twice",
    message: { zh: `与第 ${line} 行的号码相同。`, en: `is the same as on line ${line}.` },
  };
}

function collect(chunk: CheckedChunk): void {
  rows += chunk.rows;
  right += chunk.rightRows;
  for (const [line, index] of chunk.marks) {
    const problem = chunk.problems[index];
    if (problem) mark(line, problem, problem.field + problem.message.en);
  }
  chunk.numbers.forEach((number, index) => {
    const line = chunk.lines[index] ?? 0;
    const first = firstLines.get(number);
    if (first === undefined) {
      firstLines.set(number, line);
    } else {
      twice += 1;
      mark(line, givenTwice(first), "given-twice");
    }
  });
}

function mark(line: number, problem: Listed, kind: string): void {
  marks.push({ line, problem });
  const known = kinds.get(kind);
  if (known) known.count += 1;
  else kinds.set(kind, { problem, count: 1 });
}

function show(end: "done" | "stopped"): void {
  marks.sort((a, b) => a.line - b.line);
  batch(() => {
    seconds.value = (performance.now() - begun) / 1000;
    stage.value = end;
    tally.value = {
      rows,
      right,
      marks,
      twice,
      counts: [...kinds.values()].sort(
        (a, b) => Number(b.problem.fatal) - Number(a.problem.fatal) || b.count - a.count,
      ),
    };
  });
}

/** The problems as a file: lines and problems, nothing of what the rows hold. */
export function problemsAsCsv(found: Tally, words: (problem: Listed) => string): Blob {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = found.marks.map(({ line, problem }) =>
    [line, problem.field, problem.fatal ? "error" : "notice", problem.rule, quoted(words(problem))].join(","),
  );
  // The byte order mark makes spreadsheets read it as UTF-8.
  return new Blob(["\uFEFFline,field,kind,rule,message\r\n", lines.join("\r\n"), "\r\n"], {
    type: "text/csv;charset=utf-8",
  });
}
