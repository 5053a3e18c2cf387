import { batch, effect, signal } from "@preact/signals";
import type { Layout } from "../core";
import { download } from "../parts/csv";
import { hasList } from "../seal";
import type { Labels } from "./collected";
import { allDocuments } from "./options";
import type { Damage, Order, Report, Row, Tally } from "./worker";

export type Stage =
  | "empty"
  | "reading"
  | "workbook"
  | "ready"
  | "checking"
  | "done"
  | "stopped"
  | "failed"
  /** The worker or its module did not load. */
  | "outdated";

export const stage = signal<Stage>("empty");
effect(() => {
  hasList.value = stage.value !== "empty";
});
export const layout = signal<Layout | null>(null);
export const encoding = signal("");
export const isEmpty = signal(false);
export const damage = signal<Damage>(null);
export const share = signal(0);
export const tally = signal<Tally | null>(null);
export const seconds = signal(0);
export const rowsSoFar = signal(0);
/** The rows of the current page. */
export const rows = signal<Row[]>([]);
export const page = signal(0);
export const onlyBad = signal(false);

let worker: Worker | null = null;
let begun = 0;

function send(order: Order): void {
  worker?.postMessage(order);
}

/** Reads a list and detects its layout. */
export function readList(source: Blob): void {
  reset();
  const mine = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  // A report may still arrive while its worker is being terminated.
  mine.addEventListener("message", (event: MessageEvent<Report>) => {
    if (worker === mine) receive(event.data);
  });
  mine.addEventListener("error", () => {
    if (worker === mine) stage.value = "outdated";
  });
  worker = mine;
  stage.value = "reading";
  send({ kind: "read", source });
}

export function checkList(): void {
  if (!layout.value || !worker) return;
  begun = performance.now();
  batch(() => {
    share.value = 0;
    rowsSoFar.value = 0;
    tally.value = null;
    stage.value = "checking";
  });
  send({ kind: "check", layout: layout.value, allDocuments: allDocuments.value });
}

/** Returns from the result to the choice of columns. */
export function changeColumns(): void {
  batch(() => {
    stage.value = "ready";
    page.value = 0;
  });
}

/** Stops the check; the results so far are shown. */
export function stop(): void {
  send({ kind: "stop" });
}

/** Requests a page of rows with problems; invalid rows come first. */
export function turnTo(from: number, count: number): void {
  send({ kind: "rows", from, count });
}

/** Saves the problems as a file. */
export function save(labels: Labels): void {
  send({ kind: "file", labels });
}

export function reset(): void {
  worker?.terminate();
  worker = null;
  batch(() => {
    stage.value = "empty";
    layout.value = null;
    tally.value = null;
    rows.value = [];
    page.value = 0;
    onlyBad.value = false;
  });
}

function receive(report: Report): void {
  batch(() => {
    switch (report.kind) {
      case "layout":
        layout.value = report.layout;
        encoding.value = report.encoding;
        isEmpty.value = report.empty;
        damage.value = report.damage;
        stage.value = "ready";
        break;
      case "progress":
        share.value = report.share;
        rowsSoFar.value = report.rows;
        break;
      case "ended":
        seconds.value = (performance.now() - begun) / 1000;
        tally.value = report.tally;
        stage.value = report.stopped ? "stopped" : "done";
        break;
      case "rows":
        rows.value = report.rows;
        break;
      case "file":
        download(report.file, "problems.csv");
        break;
      case "workbook":
      case "failed":
      case "outdated":
        stage.value = report.kind;
        break;
    }
  });
}
