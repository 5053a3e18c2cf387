/** The data points of Analytics Engine. No column contains an order or a person. */

import { logFailure } from "../host/log.js";

/**
 * @import { LedgerFailure, LogLine, ObservedCall } from "../host/types.js"
 *
 * @typedef {{ indexes: string[], blobs: string[], doubles: number[] }} DataPoint
 *
 * @typedef {{ writeDataPoint(point: DataPoint): void }} Dataset
 */

/** The columns in order: `index1`, `blob1`, `blob2` …; docs/analytics.md describes and queries them. */
export const COLUMNS = /** @type {const} */ ({
  index: ["caller"],
  blob: ["event", "name", "result"],
  double: ["status", "milliseconds", "upstream calls", "upstream milliseconds"],
});

/**
 * Writes a data point. The platform refuses more than 250 for one event, which must not fail the work that they describe.
 *
 * @param {Dataset | undefined} dataset
 * @param {DataPoint} point
 */
export function record(dataset, point) {
  try {
    dataset?.writeDataPoint(point);
  } catch (/** @type {any} */ error) {
    logFailure({ metrics: "failed" }, error);
  }
}

/**
 * One request to the gateway.
 *
 * @param {LogLine} line
 */
export function requestPoint(line) {
  return point({
    caller: line.caller ?? "none",
    event: "request",
    name: line.route ?? "none",
    result: line.outcome,
    status: line.status,
    milliseconds: line.durationMs,
    "upstream calls": line.upstreamCalls ?? 0,
    "upstream milliseconds": line.upstreamMs ?? 0,
  });
}

/**
 * One call to Alibaba Cloud, or one webhook delivery.
 *
 * @param {ObservedCall} call
 */
export function callPoint({ action, result, millis }) {
  return point({
    caller: "none",
    event: "call",
    name: action,
    result,
    status: Number(result) || 0,
    milliseconds: millis,
    "upstream calls": 0,
    "upstream milliseconds": 0,
  });
}

/**
 * One failure that no response reports.
 *
 * @param {LedgerFailure} failure
 * @param {string | undefined} ledger
 */
export function failurePoint(failure, ledger) {
  return point({
    caller: ledger ?? "none",
    event: "failure",
    name: failure,
    result: "failed",
    status: 0,
    milliseconds: 0,
    "upstream calls": 0,
    "upstream milliseconds": 0,
  });
}

/**
 * @param {{ [Name in typeof COLUMNS["index" | "blob"][number]]: string }
 *   & { [Name in typeof COLUMNS["double"][number]]: number }} values
 * @returns {DataPoint}
 */
function point(values) {
  return {
    indexes: COLUMNS.index.map((name) => values[name]),
    blobs: COLUMNS.blob.map((name) => values[name]),
    doubles: COLUMNS.double.map((name) => values[name]),
  };
}
