import { host } from "./host.js";
import { randomHex } from "./random.js";
import { asText } from "./text.js";
import type { Callback, FieldProblem } from "./types.js";

/**
 * Parses the URL of a callback request, absolute or starting with the path. Null if it is not a callback.
 * @param url of the request, as your server received it
 * @param callbackToken the `callbackToken` that you passed to `initFaceVerify`
 */
export function parseCallback(url: string, callbackToken: string): Callback | null {
  return JSON.parse(host.core().parseCallback(queryOf(url), asText(callbackToken)));
}

/**
 * Creates an OuterOrderNo from the prefix (at most 10 letters and digits), the time, and random digits.
 * @throws a TypeError if the prefix is invalid
 */
export function newOuterOrderNo(prefix = ""): string {
  if (typeof prefix !== "string") throw new TypeError("The prefix must be a string. 前缀应为字符串。");
  return accepted(JSON.parse(host.core().newOuterOrderNo(prefix, randomHex(), Date.now())));
}

/**
 * Resolves when the module is loaded: immediately, except on pages in Chrome versions before mid-2023. Calls wait
 * for this themselves.
 */
export function ready(): Promise<void> {
  return host.ready();
}

/** The query of a callback's URL, absolute or relative; empty if it is not a URL. Errors must not contain it. */
function queryOf(url: string): string {
  try {
    return new URL(url, "https://callback.invalid").search;
  } catch {
    return "";
  }
}

/** Returns the value, or throws the problem as a TypeError: it is a bug in the program, not a failed call. */
function accepted({
  Ok,
  Err,
}: {
  Ok: string;
  Err?: { rule: string; message: FieldProblem["messages"] };
}): string {
  if (Err) throw new TypeError(`${Err.rule}: ${Err.message.en} ${Err.message.zh}`);
  return Ok;
}
