// What every store of ledgers must satisfy. Runs in the store's own runtime: Node and workerd.

/** A commit that writes these rows. */
const writing = (writes, alarm = null) => ({ commit: { writes, alarm } });

const write = (ledger, writes, alarm) => ledger.step(() => writing(writes, alarm));

/** The rows that a step loads. */
async function load(ledger, wanted) {
  let loaded;
  await ledger.step((known) => {
    if (known.rows.length + known.ranges.length === 0) return { load: wanted };
    loaded = known;
    return writing([]);
  });
  return loaded;
}

const get = async (ledger, ...keys) => (await load(ledger, { keys })).rows;

async function range(ledger, from, to, { limit = 100, reverse = false } = {}) {
  const asked = { from, to, limit, reverse };
  const { ranges } = await load(ledger, { range: asked });
  same(ranges[0][0], asked);
  return ranges[0][1].map(([key]) => key);
}

function same(actual, expected) {
  const [found, wanted] = [actual, expected].map((each) => JSON.stringify(each));
  if (found !== wanted) throw new Error(`${found} and not ${wanted}`);
}

async function fails(work) {
  let failed = false;
  try {
    await work();
  } catch {
    failed = true;
  }
  same(failed, true);
}

const FAR = Date.UTC(2100, 0, 1);

/** Each case is a list of parts; the store is reopened before each of them. */
export const cases = {
  "rows are written, replaced and deleted": [
    async ({ ledger }) => {
      const commit = writing([
        ["a", "1"],
        ["b", '"张三𠮷"'],
      ]);
      same(await ledger.step(() => commit), commit.commit);
      same(await get(ledger, "a", "b", "c"), [
        ["a", "1"],
        ["b", '"张三𠮷"'],
        ["c", null],
      ]);
      await write(ledger, [
        ["a", "2"],
        ["b", null],
        ["c", null],
      ]);
      same(await get(ledger, "a", "b"), [
        ["a", "2"],
        ["b", null],
      ]);
    },
  ],

  "what was written is there after the store was opened again": [
    async ({ ledger }) => write(ledger, [["kept", "1"]], FAR),
    async ({ ledger }) => {
      same(await get(ledger, "kept"), [["kept", "1"]]);
      same(await ledger.alarm(), FAR);
    },
  ],

  "ranges begin at their first key, end before their last, and have no more than their limit": [
    async ({ ledger }) => {
      await write(
        ledger,
        ["due/1", "due/2", "due/3", "due0", "dud"].map((key) => [key, "1"]),
      );
      same(await range(ledger, "due/", "due0"), ["due/1", "due/2", "due/3"]);
      same(await range(ledger, "due/1", "due/3"), ["due/1", "due/2"]);
      // After a key, without it.
      same(await range(ledger, "due/1\u0001", "due0"), ["due/2", "due/3"]);
      same(await range(ledger, "due/", "due0", { limit: 2 }), ["due/1", "due/2"]);
      same(await range(ledger, "due/", "due0", { limit: 2, reverse: true }), ["due/3", "due/2"]);
      same(await range(ledger, "due0", "due/"), []);
    },
  ],

  "keys sort by the bytes of their UTF-8": [
    async ({ ledger }) => {
      // In UTF-16, the last two would change places; in the order of a language, most others would.
      const keys = [
        "k/",
        "k/-",
        "k/A",
        "k/Z",
        "k/_",
        "k/a",
        "k/aa",
        "k/z",
        "k/é",
        "k/张",
        "k/\uff5e",
        "k/𠮷",
      ];
      await write(
        ledger,
        [...keys].reverse().map((key) => [key, "1"]),
      );
      same(await range(ledger, "k/", "l"), keys);
    },
  ],

  "a step sees what it asked for before, and goes on until it acts": [
    async ({ ledger }) => {
      await write(ledger, [["a", "1"]]);
      const seen = [];
      await ledger.step((known) => {
        seen.push(structuredClone(known));
        if (seen.length === 1) return { load: { keys: ["a"] } };
        if (seen.length === 2) return { load: { range: { from: "a", to: "b", limit: 9, reverse: false } } };
        return writing([]);
      });
      same(
        seen.map(({ rows, ranges }) => [rows.length, ranges.length]),
        [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
      );
    },
  ],

  "a commit is written whole or not at all": [
    async ({ ledger }) => {
      await write(ledger, [["a", "1"]], FAR);
      // No store supports this type.
      const half = [
        ["a", "2"],
        ["b", "2"],
        ["c", Symbol("of no store")],
      ];
      await fails(() => write(ledger, half, FAR + 1));
      same(await get(ledger, "a", "b"), [
        ["a", "1"],
        ["b", null],
      ]);
      same(await ledger.alarm(), FAR);
      await write(ledger, [["b", "3"]]);
      same(await get(ledger, "b"), [["b", "3"]]);
    },
    async ({ ledger }) =>
      same(await get(ledger, "a", "b"), [
        ["a", "1"],
        ["b", "3"],
      ]),
  ],

  "a step that fails, or asks for ever, changes nothing": [
    async ({ ledger }) => {
      await fails(() =>
        ledger.step(() => {
          throw new Error("of the test");
        }),
      );
      await fails(() => ledger.step(() => ({ load: { keys: ["a"] } })));
      await write(ledger, [["a", "1"]]);
      same(await get(ledger, "a"), [["a", "1"]]);
    },
  ],

  "steps that begin at the same time come one after the other": [
    async ({ ledger }) => {
      const increase = () =>
        ledger.step(({ rows: [row] }) =>
          row ? writing([["count", String(Number(row[1] ?? 0) + 1)]]) : { load: { keys: ["count"] } },
        );
      await Promise.all(Array.from({ length: 50 }, increase));
      same(await get(ledger, "count"), [["count", "50"]]);
    },
  ],

  "an alarm is set with its commit, kept by other acts, and set again": [
    async ({ ledger }) => {
      same((await ledger.alarm()) ?? null, null);
      await write(ledger, [], FAR);
      await write(ledger, [["a", "1"]]);
      same(await ledger.alarm(), FAR);
      await ledger.setAlarm(FAR - 1);
      same(await ledger.alarm(), FAR - 1);
    },
  ],

  "ledgers do not see each other": [
    async ({ ledger, other }) => {
      await write(ledger, [["a", "1"]], FAR);
      await write(other, [["a", "2"]], FAR + 1);
      same(await get(ledger, "a"), [["a", "1"]]);
      same(await get(other, "a"), [["a", "2"]]);
      same(await range(other, "a", "b"), ["a"]);
      same([await ledger.alarm(), await other.alarm()], [FAR, FAR + 1]);
    },
  ],

  "large values and many rows": [
    async ({ ledger }) => {
      const large = JSON.stringify("大".repeat(100_000));
      await write(ledger, [["large", large]]);
      same(await get(ledger, "large"), [["large", large]]);
      const keys = Array.from({ length: 2_000 }, (_, at) => `many/${String(at).padStart(5, "0")}`);
      await write(
        ledger,
        keys.map((key) => [key, "1"]),
      );
      same(await range(ledger, "many/", "many0", { limit: 5_000 }), keys);
    },
  ],
};
