import { batch, computed, signal } from "@preact/signals";
import * as gateway from "../gateway";
import type {
  FaceVerificationCounts,
  Failure,
  Filter,
  OrderStatus,
  FaceVerificationSummary,
  FaceVerification,
} from "../gateway";
import { WHOLE } from "../../../pkg/src/gateway-search";
import { csvFile, download } from "../parts/csv";
import { go } from "../routes";

/**
 * The filter of the list; days are `yyyy-MM-dd`, and begin at midnight by the reader's present offset
 * from UTC, as in the counts by day: summer time shifts neither.
 */
export interface Choice {
  status: OrderStatus | "";
  from: string;
  to: string;
}

const EVERYTHING: Choice = { status: "", from: "", to: "" };

export const choice = signal<Choice>(EVERYTHING);
export const isFiltered = computed(() => Object.values(choice.value).some((part) => part !== ""));
/** The orders loaded so far, newest first; null until the first ones are loaded. */
export const orders = signal<FaceVerificationSummary[] | null>(null);
export const loading = signal(false);
/** Why the list, or its next part, could not be loaded. */
export const failure = signal<Failure | null>(null);
/** Why a search or an export failed, and how to repeat it. */
export const actionFailure = signal<{ failure: Failure; retry: () => void } | null>(null);
export const cursor = signal<string | undefined>(undefined);
/**
 * The number of orders on each day, over everything that the filter selects; null while unknown.
 */
const counts = signal<FaceVerificationCounts["days"] | null>(null);

/** Orders in a part of the list: more than a screen shows, and few enough to appear at once on a phone. */
const SHOWN_AT_ONCE = 30;
/** The gateway's maximum, for the file. */
const SAVED_AT_ONCE = 100;

/** Counts requests, so that the response to an outdated filter is dropped. */
let latest = 0;

function filterOf({ status, from, to }: Choice): Filter {
  return { status, from: from && startOf(from), to: to && startOf(to, 1) };
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Years that the gateway reads; while a year is being typed, the field contains any other. */
const [EARLIEST, LATEST] = ["1970-01-02", "9999-12-29"];

const earlier = (one: string, other: string) => (one < other ? one : other);
const later = (one: string, other: string) => (one > other ? one : other);

const bounded = (day: string) => earlier(later(day, EARLIEST), LATEST);

/** The day a number of days later. */
function shifted(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The reader's present offset from UTC. */
const offsetMinutes = () => -new Date().getTimezoneOffset();

const today = () => new Date(Date.now() + offsetMinutes() * MINUTE_MS).toISOString().slice(0, 10);

/** When a day, or the one some days later, begins. */
function startOf(day: string, daysLater = 0): string {
  const start = Date.parse(`${shifted(bounded(day), daysLater)}T00:00:00Z`) - offsetMinutes() * MINUTE_MS;
  return `${new Date(start).toISOString().slice(0, 19)}Z`;
}

async function load(from: string): Promise<void> {
  const mine = from ? latest : ++latest;
  if (from && loading.value) return;
  batch(() => {
    loading.value = true;
    failure.value = null;
    if (!from) {
      actionFailure.value = null;
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
  const answer = await gateway.counts(filter, offsetMinutes());
  if (mine === latest && answer.ok) counts.value = answer.body.days;
}

/** Forgets the list, which is out of date when the user returns from another tool. */
export function forgetList(): void {
  latest += 1;
  batch(() => {
    orders.value = null;
    counts.value = null;
    cursor.value = undefined;
    failure.value = null;
    loading.value = false;
  });
}

export const loadFirst = () => load("");
export const loadMore = () => (cursor.value ? load(cursor.value) : loadFirst());

export function choose(change: Partial<Choice>): void {
  choice.value = { ...choice.value, ...change };
  if (gateway.isTokenSendable.value) void loadFirst();
}

/** Counts the tokens, so that the response to a request with an earlier one is dropped. */
let tokens = 0;

/** Orders of one day, by status. */
export interface Day {
  date: string;
  passed: number;
  rejected: number;
  other: number;
}

const DAYS_AT_LEAST = 14;
/** Days before the first order are shown up to this number of days. */
const EMPTY_DAYS_UP_TO = 366;
const NO_ORDERS = { passed: 0, rejected: 0, starting: 0, unknown: 0, pending: 0, expired: 0 };

/** The days that the filter selects, newest last, including days without orders. */
export const days = computed<Day[] | null>(() => {
  if (!counts.value) return null;
  const found = new Map(counts.value.map((day) => [day.date, day]));
  const { from, to } = choice.value;
  // Counted days are shown whatever the browser's clock says.
  const now = later(today(), counts.value.at(-1)?.date ?? "");
  const last = to ? earlier(bounded(to), now) : now;
  const wanted = from
    ? later(bounded(from), shifted(last, 1 - EMPTY_DAYS_UP_TO))
    : shifted(last, 1 - DAYS_AT_LEAST);
  const all: Day[] = [];
  for (let day = earlier(wanted, counts.value[0]?.date ?? wanted); day <= last; day = shifted(day, 1)) {
    const { passed, rejected, starting, unknown, pending, expired } = found.get(day) ?? NO_ORDERS;
    all.push({ date: day, passed, rejected, other: starting + unknown + pending + expired });
  }
  return all;
});

export const sought = signal("");
export const searching = signal(false);
/** Why the search found nothing. */
export const missed = signal<"incomplete" | "unknown" | null>(null);

/** Opens the order with this number or CertifyId. */
export async function search(): Promise<void> {
  // Chinese input methods type full-width letters and digits.
  const text = sought.value.normalize("NFKC").trim();
  missed.value = WHOLE.test(text) ? null : "incomplete";
  if (missed.value || searching.value) return;
  searching.value = true;
  actionFailure.value = null;
  await gateway.surroundingsKnown();
  const mine = tokens;
  const answer = await gateway.find(text);
  if (mine !== tokens) return;
  batch(() => {
    searching.value = false;
    if (!answer.ok) actionFailure.value = { failure: answer.failure, retry: () => void search() };
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

function csvRow(order: FaceVerificationSummary): (string | number)[] {
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
  const mine = tokens;
  exported.value = 0;
  actionFailure.value = null;
  while (from !== undefined) {
    const answer: Awaited<ReturnType<typeof gateway.list>> = await gateway.list(filter, from, SAVED_AT_ONCE);
    if (mine !== tokens) return;
    if (!answer.ok) {
      actionFailure.value = { failure: answer.failure, retry: () => void exportAll() };
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
  answer: FaceVerification | Failure;
}

export const order = signal<FaceVerificationSummary | null>(null);
export const orderFailure = signal<Failure | "unknown-order" | null>(null);
export const question = signal<Question | null>(null);
export const asking = signal(false);
/** Whether an order is being read from the ledger. */
export const opening = signal(false);
let shownOrder = "";
let timer: ReturnType<typeof setTimeout> | undefined;

const LOOK_AGAIN_MS = 2_000;
const LOOK_AGAIN_AFTER_FAILURE_MS = 5_000;

/** Shows what the ledger knows; if the order has no verdict, queries the upstream. */
export async function show(outerOrderNo: string): Promise<void> {
  leave(shownOrder);
  shownOrder = outerOrderNo;
  const isWhole = WHOLE.test(outerOrderNo);
  batch(() => {
    order.value = null;
    orderFailure.value = isWhole ? null : "unknown-order";
    question.value = null;
    opening.value = isWhole;
  });
  if (isWhole) await look(outerOrderNo);
}

/** Ends what is under way for an order, unless another one is already shown. */
export function leave(outerOrderNo: string): void {
  if (shownOrder !== outerOrderNo) return;
  clearTimeout(timer);
  shownOrder = "";
  asking.value = false;
}

/** Reads the order from the ledger; again while it is being started. */
async function look(outerOrderNo: string): Promise<void> {
  const mine = tokens;
  clearTimeout(timer);
  const answer = await gateway.find(outerOrderNo);
  if (shownOrder !== outerOrderNo || mine !== tokens) return;
  const [found] = answer.ok ? answer.body.items : [];
  batch(() => {
    opening.value = false;
    if (answer.ok) order.value = found ?? null;
    orderFailure.value = answer.ok ? (found ? null : "unknown-order") : answer.failure;
  });
  const mayRecover = !answer.ok && (typeof answer.failure === "string" || answer.failure.retryable);
  if (order.value?.status === "starting" && (answer.ok || mayRecover)) {
    const wait = answer.ok ? LOOK_AGAIN_MS : Math.max(answer.retryAfterMs, LOOK_AGAIN_AFTER_FAILURE_MS);
    timer = setTimeout(() => void look(outerOrderNo), wait);
  }
  if (found?.status === "pending") await ask(outerOrderNo);
}

/** Updates the order that is shown: only one with a CertifyId can be queried. */
export async function update(outerOrderNo: string): Promise<void> {
  if (order.value?.status === "pending") return ask(outerOrderNo);
  asking.value = true;
  await look(outerOrderNo);
  if (shownOrder === outerOrderNo) asking.value = false;
}

async function ask(outerOrderNo: string): Promise<void> {
  const mine = tokens;
  asking.value = true;
  const answer = await gateway.read(outerOrderNo, false);
  if (shownOrder !== outerOrderNo || mine !== tokens) return;
  batch(() => {
    asking.value = false;
    question.value = {
      at: new Date().toISOString(),
      answer: answer.ok ? answer.body : answer.failure,
    };
    if (!answer.ok) return;
    const { body } = answer;
    order.value = body;
    const inList = (listed: FaceVerificationSummary) =>
      listed.outerOrderNo === outerOrderNo ? body : listed;
    orders.value = orders.value?.map(inList) ?? null;
  });
}

/** Another token may belong to another caller, so nothing of the earlier one's orders stays. */
gateway.token.subscribe(() => {
  tokens += 1;
  batch(() => {
    forgetList();
    actionFailure.value = null;
    missed.value = null;
    order.value = null;
    orderFailure.value = null;
    question.value = null;
    exported.value = null;
    for (const busy of [searching, opening, asking]) busy.value = false;
  });
});
