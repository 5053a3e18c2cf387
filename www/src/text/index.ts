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

/** The time zone in which times are shown, as an offset. */
export function zone(): string {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZoneName: "shortOffset" }).formatToParts(new Date());
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

export function timeWithZone(iso: string): string {
  return new Intl.DateTimeFormat(locale.value, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "shortOffset",
  }).format(new Date(iso));
}

export function time(iso: string): string {
  return new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "medium" }).format(
    new Date(iso),
  );
}
