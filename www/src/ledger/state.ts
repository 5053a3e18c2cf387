import { batch, computed, signal } from "@preact/signals";
import * as gateway from "../gateway";
import type { Failure, Standing, Summary, Verification } from "../gateway";

export const status = signal<Standing | "">("");
/** The orders loaded so far, newest first; null before the first are there. */
export const orders = signal<Summary[] | null>(null);
export const loading = signal(false);
export const failure = signal<Failure | null>(null);
const cursor = signal<string | undefined>(undefined);
export const hasMore = computed(() => cursor.value !== undefined);

/** Counts requests, so that the answer to an earlier choice is dropped. */
let latest = 0;

async function load(from: string): Promise<void> {
  const mine = ++latest;
  batch(() => {
    loading.value = true;
    failure.value = null;
    if (!from) orders.value = null;
  });
  const answer = await gateway.list(status.value, from);
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

export const loadFirst = () => load("");
export const loadMore = () => load(cursor.value ?? "");

export function choose(chosen: Standing | ""): void {
  status.value = chosen;
  if (gateway.token.value) void loadFirst();
}

/** Orders of one day, by what became of them. */
export interface Day {
  /** yyyy-MM-dd where the reader is. */
  date: string;
  passed: number;
  rejected: number;
  other: number;
}

const DAYS = 14;

/** The last days, newest last, days without orders included. */
export const days = computed<Day[]>(() => {
  const found = new Map<string, Day>();
  const today = new Date();
  for (let back = DAYS - 1; back >= 0; back -= 1) {
    const day = new Date(today.getFullYear(), today.getMonth(), today.getDate() - back);
    const date = dateOf(day);
    found.set(date, { date, passed: 0, rejected: 0, other: 0 });
  }
  for (const order of orders.value ?? []) {
    const day = found.get(dateOf(new Date(order.createdAt)));
    if (day) day[order.status === "passed" || order.status === "rejected" ? order.status : "other"] += 1;
  }
  return [...found.values()];
});

function dateOf(day: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

export const order = signal<Verification | null>(null);
export const orderFailure = signal<Failure | null>(null);
let shownOrder = "";

export async function show(outerOrderNo: string): Promise<void> {
  shownOrder = outerOrderNo;
  batch(() => {
    order.value = null;
    orderFailure.value = null;
  });
  if (!outerOrderNo) return;
  const answer = await gateway.read(outerOrderNo, false);
  if (shownOrder !== outerOrderNo) return;
  if (answer.ok) order.value = answer.body;
  else orderFailure.value = answer.failure;
}
