import * as phone from "#phone/phone-words.js";
import { computed } from "@preact/signals";
import type { Text } from "../core";
import { language } from "../preferences";
import { en } from "./en";
import { zh } from "./zh";

/** The texts in the selected language. */
export const t = computed(() => (language.value === "zh" ? zh : en));

/** One of the module's texts in the selected language. */
export function pick(text: Text): string {
  return text[language.value];
}

/**
 * The meaning of a Code or SubCode: in Chinese, Alibaba Cloud's own message; in English, our text.
 */
export function vendorWords(vendorMessage: string, own: Text): string {
  return phone.vendorWords(language.value, vendorMessage, own);
}

/** The first clause of `vendorWords`, which fits a button or a cell. */
export function label(vendorMessage: string, own: Text): string {
  return phone.label(language.value, vendorMessage, own);
}

const locale = computed(() => (language.value === "zh" ? "zh-CN" : "en-GB"));

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale.value, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

// Making a formatter takes as long as using it about a hundred times.
const offsets = computed(() => new Intl.DateTimeFormat("en-GB", { timeZoneName: "shortOffset" }));
const times = computed(
  () =>
    // Chinese: 2026/11/27, which wraps less than 2026年11月27日. English: 27 Nov 2026, which nobody misreads.
    new Intl.DateTimeFormat(locale.value, {
      dateStyle: language.value === "zh" ? "short" : "medium",
      timeStyle: "medium",
    }),
);

/** The offset from UTC in which `date` is shown, such as "GMT+8"; it changes with summer time. */
export function zone(date = new Date()): string {
  const parts = offsets.value.formatToParts(date);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/** The zone follows the time: Intl's own Chinese format puts it between date and time. */
export function timeWithZone(iso: string): string {
  return time(iso) + t.value.app.inBrackets(zone(new Date(iso)));
}

export function time(iso: string): string {
  return times.value.format(new Date(iso));
}
