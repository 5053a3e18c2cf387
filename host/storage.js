/** What the stores of ledgers share: a step, from the rows that it asks for to its commit. */

/** @import { Commit, Decide, Known, Load, Loaded, Range } from "./types.js" */

/** Far more repetitions than any step needs. */
const MAX_ASKS = 100;

/**
 * The asks of a step: yields each load, receives its rows, and returns the commit, whose writes the store performs.
 *
 * @param {Decide} decide
 * @param {string[]} [others] the other live instances
 * @returns {Generator<Load, Commit, Loaded>}
 */
export function* asksOf(decide, others) {
  /** @type {Known} */
  const known = { rows: [], ranges: [], others };
  for (let asks = 0; asks < MAX_ASKS; asks += 1) {
    const { load, commit } = decide(known);
    if (commit) return commit;
    const { rows, range } = yield load;
    known.rows.push(...rows);
    if (load.range) known.ranges.push([load.range, range ?? []]);
  }
  throw new Error("The gateway repeatedly requests rows: this is a bug.");
}

/**
 * @typedef {object} Table
 * @property {(key: string) => string | undefined} get
 * @property {(range: Range) => [key: string, value: string][]} range
 * @property {(key: string, value: string) => unknown} put
 * @property {(key: string) => unknown} remove
 */

/**
 * A step on a synchronous table; call it within a transaction.
 *
 * @param {Table} table
 * @param {Decide} decide
 */
export function stepOn(table, decide) {
  const asks = asksOf(decide);
  let asked = asks.next();
  while (!asked.done) {
    const { keys = [], range } = asked.value;
    asked = asks.next({
      rows: keys.map((key) => [key, table.get(key) ?? null]),
      range: range && table.range(range),
    });
  }
  for (const [key, value] of asked.value.writes) {
    if (value === null) table.remove(key);
    else table.put(key, value);
  }
  return asked.value;
}
