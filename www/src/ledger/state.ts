import { batch, computed, signal } from "@preact/signals";
import * as gateway from "../gateway";
import type { DayCounts, Failure, Filter, Standing, Summary, Verification } from "../gateway";
import { csvFile, download } from "../parts/csv";
import { go } from "../routes";

/** The filter of the list; days are `yyyy-MM-dd` in the reader's time zone. */
export interface Choice {
  status: Standing | "";
  from: string;
  to: string;
}

const EVERYTHING: Choice = { status: "", from: "", to: "" };

export const choice = signal<Choice>(EVERYTHING);
export const isFiltered = computed(() => Object.values(choice.value).some((part) => part !== ""));
/** The orders loaded so far, newest first; null until the first ones are loaded. */
export const orders = signal<Summary[] | null>(null);
export const loading = signal(false);
export const failure = signal<Failure | null>(null);
export const cursor = signal<string | undefined>(undefined);
/**
 * The number of orders on each day, over everything that the filter selects; null while unknown.
 */
const counts = signal<DayCounts[] | null>(null);

/** Orders in a part of the list: more than a screen shows, and few enough to appear at once on a phone. */
const SHOWN_AT_ONCE = 30;
/** The gateway's maximum, for the file. */
const SAVED_AT_ONCE = 100;

/** Counts requests, so that the response to an outdated filter is dropped. */
let latest = 0;

function filterOf({ status, from, to }: Choice): Filter {
  return { status, from: from && startOf(from), to: to && startOf(to, 1) };
}

/** When a day, or the one some days later, begins in the reader's time zone. */
function startOf(day: string, daysLater = 0): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return `${new Date(year, month - 1, date + daysLater).toISOString().slice(0, 19)}Z`;
}

async function load(from: string): Promise<void> {
  const mine = from ? latest : ++latest;
  if (from && loading.value) return;
  batch(() => {
    loading.value = true;
    failure.value = null;
    if (!from) {
      orders.value = null;
      counts.value = null;
      cursor.value = undefined;
    }
  });
  const filter = filterOf(choice.value);
  if (!from) void countDays(filter, mine);
  const answer = await gateway.list(filter, from, SHOWN_AT_ONCE);
  if (mine !== latest) return;
  batch(() => {
    loading.value = false;
    if (answer.ok) {
      orders.value = [...(orders.value ?? []), ...answer.body.items];
      cursor.value = answer.body.nextCursor;
    } else {
      failure.value = answer.failure;
    }
  });
}

async function countDays(filter: Filter, mine: number): Promise<void> {
  const answer = await gateway.counts(filter, -new Date().getTimezoneOffset());
  if (mine === latest && answer.ok) counts.value = answer.body.days;
}

export const loadFirst = () => load("");
export const loadMore = () => (cursor.value ? load(cursor.value) : loadFirst());

export function choose(change: Partial<Choice>): void {
  choice.value = { ...choice.value, ...change };
  if (gateway.token.value) void loadFirst();
}

/** Orders of one day, by status. */
export interface Day {
  date: string;
  passed: number;
  rejected: number;
  other: number;
}

const DAYS_AT_LEAST = 14;
const NO_ORDERS = { passed: 0, rejected: 0, starting: 0, unknown: 0, pending: 0, expired: 0 };

/** The days that the filter selects, newest last, including days without orders. */
export const days = computed<Day[] | null>(() => {
  if (!counts.value) return null;
  const found = new Map(counts.value.map((day) => [day.date, day]));
  const { from, to } = choice.value;
  const last = to || dateOf(new Date());
  const [year = 0, month = 1, date = 1] = last.split("-").map(Number);
  const first =
    from ||
    [counts.value[0]?.date, dateOf(new Date(year, month - 1, date - DAYS_AT_LEAST + 1))]
      .filter((day) => day !== undefined)
      .sort()[0];
  const all: Day[] = [];
  for (let back = 0; ; back += 1) {
    const day = dateOf(new Date(year, month - 1, date - back));
    if (!first || day < first) break;
    const { passed, rejected, starting, unknown, pending, expired } = found.get(day) ?? NO_ORDERS;
    const other = starting + unknown + pending + expired;
    all.unshift({ date: day, passed, rejected, other });
  }
  return all;
});

function dateOf(day: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

export const sought = signal("");
export const searching = signal(false);
/** Why the search found nothing. */
export const missed = signal<"incomplete" | "unknown" | null>(null);

/** Longer than an identity number, so that none can end up in a URL. */
const WHOLE = /^[!-~]{20,256}$/;

/** Opens the order with this number or CertifyId. */
export async function search(): Promise<void> {
  // Chinese input methods type full-width letters and digits.
  const text = sought.value.normalize("NFKC").trim();
  missed.value = WHOLE.test(text) ? null : "incomplete";
  if (missed.value || searching.value) return;
  searching.value = true;
  await gateway.surroundingsKnown();
  const answer = await gateway.find(text);
  batch(() => {
    searching.value = false;
    failure.value = answer.ok ? null : answer.failure;
    const [found] = answer.ok ? answer.body.items : [];
    if (found) {
      sought.value = "";
      go("ledger", found.outerOrderNo);
    } else if (answer.ok) {
      missed.value = "unknown";
    }
  });
}

/** Number of orders written to the file so far; null if no export is running. */
export const exported = signal<number | null>(null);

const TITLES = [
  "outerOrderNo",
  "certifyId",
  "status",
  "subCode",
  "billed",
  "createdAt",
  "expiresAt",
  "decidedAt",
  "webhookAttempts",
  "webhookLastStatus",
  "webhookDeliveredAt",
  "startRequestId",
  "verdictRequestId",
] as const;

function csvRow(order: Summary): (string | number)[] {
  const { subCodeInfo, webhook, vendorRequestIds } = order;
  return [
    order.outerOrderNo,
    order.certifyId ?? "",
    order.status,
    order.subCode ?? "",
    subCodeInfo ? String(subCodeInfo.billed ?? "") : "",
    order.createdAt,
    order.expiresAt ?? "",
    order.decidedAt ?? "",
    webhook?.attempts ?? "",
    webhook?.lastStatus ?? "",
    webhook?.deliveredAt ?? "",
    vendorRequestIds?.start ?? "",
    vendorRequestIds?.verdict ?? "",
  ];
}

/** Saves all orders that the filter selects, loaded or not. */
export async function exportAll(): Promise<void> {
  if (exported.value !== null) return;
  const filter = filterOf(choice.value);
  const rows: (string | number)[][] = [];
  let from: string | undefined = "";
  exported.value = 0;
  while (from !== undefined) {
    const answer: Awaited<ReturnType<typeof gateway.list>> = await gateway.list(filter, from, SAVED_AT_ONCE);
    if (!answer.ok) {
      failure.value = answer.failure;
      break;
    }
    rows.push(...answer.body.items.map(csvRow));
    exported.value = rows.length;
    from = answer.body.nextCursor;
  }
  exported.value = null;
  if (from === undefined) download(csvFile(TITLES, rows), "orders.csv");
}

/** The upstream's response to a query from this page. */
export interface Question {
  at: string;
  answer: Verification | Failure;
}

export const order = signal<Summary | null>(null);
export const orderFailure = signal<Failure | "unknown-order" | null>(null);
export const question = signal<Question | null>(null);
export const asking = signal(false);
let shownOrder = "";

/** Shows what the ledger knows; if the order has no verdict, queries the upstream. */
export async function show(outerOrderNo: string): Promise<void> {
  shownOrder = outerOrderNo;
  batch(() => {
    order.value = null;
    orderFailure.value = null;
    question.value = null;
  });
  const answer = await gateway.find(outerOrderNo);
  if (shownOrder !== outerOrderNo) return;
  const [found] = answer.ok ? answer.body.items : [];
  batch(() => {
    order.value = found ?? null;
    orderFailure.value = answer.ok ? (found ? null : "unknown-order") : answer.failure;
  });
  if (found?.status === "pending") await ask(outerOrderNo);
}

export async function ask(outerOrderNo: string): Promise<void> {
  asking.value = true;
  const answer = await gateway.read(outerOrderNo, false);
  if (shownOrder !== outerOrderNo) return;
  batch(() => {
    asking.value = false;
    question.value = {
      at: new Date().toISOString(),
      answer: answer.ok ? answer.body : answer.failure,
    };
    if (answer.ok) order.value = answer.body;
  });
}
