/**
 * The interface of a ledger's store. Every implementation passes `tests/storage/`.
 *
 * @typedef {object} LedgerStorage
 * @property {(decide: Decide) => object | Promise<object>} step calls `decide` until it returns a commit, and loads the
 *   rows that it needs; writes the commit's rows and alarm in one transaction, on disk, before it returns the act.
 *   Nothing else reads or writes the ledger in between.
 * @property {() => Promise<number | undefined> | number | undefined} alarm when the alarm is set to fire
 * @property {(at: number) => Promise<void> | void} setAlarm
 *
 * @callback Decide
 * @param {{ rows: [string, string | null][], ranges: [object, [string, string][]][], others?: string[] }} known the
 *   loaded rows, and the other live instances of a host that has several
 * @returns {{ load?: { keys?: string[], range?: Range }, commit?: { writes: [string, string | null][], alarm: number |
 *   null } }}
 *
 * @typedef {{ from: string, to: string, limit: number, reverse: boolean }} Range a half-open range of keys; in reverse,
 *   descending
 */

/** Far more repetitions than any step needs. */
const MAX_ASKS = 100;

/**
 * The asks of a step: yields each load, receives its rows, and returns the commit, whose writes the store performs.
 *
 * @param {Decide} decide
 * @param {string[]} [others] the other live instances
 * @returns {Generator<{ keys?: string[], range?: Range }, object, { rows: [string, string | null][], range?: [string,
 *   string][] }>}
 */
export function* asksOf(decide, others) {
  const known = { rows: [], ranges: [], others };
  for (let asks = 0; asks < MAX_ASKS; asks += 1) {
    const { load, commit } = decide(known);
    if (commit) return commit;
    const { rows, range } = yield load;
    known.rows.push(...rows);
    if (load.range) known.ranges.push([load.range, range]);
  }
  throw new Error("The gateway repeatedly requests rows: this is a bug.");
}

/**
 * A step on a synchronous table; call it within a transaction.
 *
 * @param {{ get(key: string): string | undefined, range(range: Range): [string, string][], put(key: string, value:
 *   string): void, remove(key: string): void }} table
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
