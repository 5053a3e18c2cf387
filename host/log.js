/** @import { LedgerFailure } from "./types.js" */

/**
 * The failures of ledgers that no response reports: the first member of the line in the log, and a label of metrics.
 *
 * @type {LedgerFailure[]}
 */
export const LEDGER_FAILURES = ["alarm", "row", "step", "turn", "webhook"];

/**
 * Name and codes of an error. Its message may contain anything.
 *
 * @param {any} error
 */
export function named(error) {
  const { name = "Error", code, errcode } = error ?? {};
  return { name: String(name), code: code && String(code), errcode };
}

/**
 * The members of a line about an error.
 *
 * @param {any} error
 */
export function members(error) {
  const { name, ...codes } = named(error);
  return { error: name, ...codes };
}

/**
 * Logs a failure that no response reports.
 *
 * @param {Record<string, string | undefined>} what such as `{ alarm: "failed" }`
 * @param {any} error
 */
export function logFailure(what, error) {
  console.error(JSON.stringify({ ...what, ...members(error) }));
}
