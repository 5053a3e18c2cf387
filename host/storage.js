/**
 * What a ledger needs of a store. Every implementation passes `tests/storage/`.
 *
 * @typedef {object} LedgerStorage
 * @property {(decide: Decide) => object | Promise<object>} step asks `decide` until it acts, loading what it
 *   needs; writes the act's rows and sets its alarm, all or nothing and on disk before it gives the act. Nothing
 *   else reads or writes the ledger in between.
 * @property {() => Promise<number | undefined> | number | undefined} alarm when the alarm is set to fire
 * @property {(at: number) => Promise<void> | void} setAlarm
 *
 * @callback Decide
 * @param {{ rows: [string, string | null][], ranges: [object, [string, string][]][] }} known what has been loaded
 * @returns {{ need?: { keys?: string[], range?: Range }, act?: { writes: [string, string | null][], alarm: number | null } }}
 *
 * @typedef {{ from: string, to: string, limit: number, reverse: boolean }} Range from one key up to, not including,
 *   another; in reverse it begins at the end
 */

/** Far more asks than an act needs to know all it must. */
const MAX_ASKS = 100;

/**
 * A step on a table that is read and written synchronously, to be called within a transaction.
 *
 * @param {{ get(key: string): string | undefined, range(range: Range): [string, string][], put(key: string, value: string): void, remove(key: string): void }} table
 * @param {Decide} decide
 */
export function stepOn(table, decide) {
  const known = { rows: [], ranges: [] };
  for (let asks = 0; asks < MAX_ASKS; asks += 1) {
    const { need, act } = decide(known);
    if (act) {
      for (const [key, value] of act.writes) {
        if (value === null) table.remove(key);
        else table.put(key, value);
      }
      return act;
    }
    for (const key of need.keys ?? []) known.rows.push([key, table.get(key) ?? null]);
    if (need.range) known.ranges.push([need.range, table.range(need.range)]);
  }
  throw new Error("The gateway asks for rows again and again: this is a bug in it.");
}
