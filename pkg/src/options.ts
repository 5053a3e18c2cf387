/** Problems of options, for both clients. */

import type { Failure } from "./errors.js";
import type { CallOptions, WaitOptions } from "./types.js";

export const CALL_OPTIONS = ["signal"] satisfies (keyof CallOptions)[];

export type Problem = Failure["fields"][number];

export const problem = (field: string, rule: string, zh: string, en: string): Problem => ({
  field,
  rule,
  message: { zh: `${field} ${zh}`, en: `${field} ${en}` },
});

export const invalid = (code: string, fields: Problem[]): Failure => ({
  kind: "validation",
  code,
  message: {
    zh: fields.map(({ message }) => message.zh).join(""),
    en: fields.map(({ message }) => message.en).join(" "),
  },
  audience: "developer",
  retryable: false,
  execution: "none",
  fields,
});

const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

/** The name of a member of the program's, unless it could be a misplaced secret. */
export const nameOf = (member: string) =>
  /^([A-Za-z]{1,40}|[A-Za-z_$][\w$]{0,19})$/.test(member) ? member : "(?)";

/** What is wrong with options that are not an object. JSON of them would be quoted by the engine's error. */
export const objectProblems = (given: unknown): Problem[] =>
  typeProblems("options", given, isObject, "应为对象。", "must be an object.");

/** Throws a TypeError for a value that is not an object: it is a bug in a test. */
export function assertObject(name: string, value: unknown): void {
  if (!isObject(value)) throw new TypeError(`${name} must be an object. ${name} 应为对象。`);
}

/** What is wrong with the members of a request to the gateway, which are texts, numbers and truth values. */
export function memberProblems(name: string, given: unknown): Problem[] {
  if (!isObject(given)) return [problem(name, "type", "应为对象。", "must be an object.")];
  return Object.entries(given as object).flatMap(([member, value]) =>
    typeProblems(
      nameOf(member),
      value,
      () => ["string", "number", "boolean"].includes(typeof value),
      "应为字符串、数字或布尔值。",
      "must be a string, a number or a boolean.",
    ),
  );
}

/** What is wrong with the names of options: nothing that is not known has a value. */
export function unknownOptions(given: unknown, known: readonly string[]): Problem[] {
  if (given === undefined || given === null) return [];
  if (!isObject(given)) return objectProblems(given);
  // The names of its members are inherited, so it would look like an empty object.
  if (typeof (given as Partial<AbortSignal>).addEventListener === "function")
    return [
      problem(
        "options",
        "type",
        "应为对象；请以 { signal } 传入 AbortSignal。",
        "must be an object: pass the AbortSignal as { signal }.",
      ),
    ];
  return Object.entries(given)
    .filter(([name, value]) => value !== undefined && value !== null && !known.includes(name))
    .map(([name]) =>
      problem(
        nameOf(name),
        "unknown-option",
        `不是此处的有效选项；可用的选项：${known.join("、")}。`,
        `is not a known option here; the options are: ${known.join(", ")}.`,
      ),
    );
}

const isMillis = (value: unknown) => typeof value === "number" && value >= 0;
export const isFunction = (value: unknown) => typeof value === "function";
/** Accepts signals of other realms. */
const isSignal = (value: Partial<AbortSignal>) =>
  typeof value?.aborted === "boolean" &&
  isFunction(value.addEventListener) &&
  isFunction(value.removeEventListener);

/** What is wrong with the type of an option. An absent option is right. */
export const typeProblems = <T>(
  name: string,
  value: T | null | undefined,
  isRight: (value: T) => boolean,
  zh: string,
  en: string,
): Problem[] =>
  value === undefined || value === null || isRight(value) ? [] : [problem(name, "type", zh, en)];

export const functionProblems = (name: string, value: unknown): Problem[] =>
  typeProblems(name, value, isFunction, "应为函数。", "must be a function.");

export const languageProblems = (value: unknown): Problem[] =>
  typeProblems(
    "language",
    value,
    (language) => language === "zh" || language === "en",
    '应为 "zh" 或 "en"。',
    'must be "zh" or "en".',
  );

/** What is wrong with the options of one call. */
export function callProblems(given: unknown, known: readonly string[]): Problem[] {
  const unknown = unknownOptions(given, known);
  if (unknown.length > 0) return unknown;
  const { signal, deadlineMs, onPending } = (given ?? {}) as WaitOptions;
  return [
    ...typeProblems("signal", signal, isSignal, "应为 AbortSignal。", "must be an AbortSignal."),
    ...typeProblems("deadlineMs", deadlineMs, isMillis, "应为毫秒数。", "must be milliseconds."),
    ...functionProblems("onPending", onPending),
  ];
}
