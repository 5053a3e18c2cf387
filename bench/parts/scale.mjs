import { readFileSync } from "node:fs";
import { guard } from "../../pkg/dist/core.js";
import * as glue from "../../pkg/wasm/lab/cloudauth_edge.js";
import { withContestants } from "../lib/contestant.mjs";
import { alternate, once } from "../lib/measure.mjs";
import { withServer } from "../lib/servers.mjs";

const NAMES = ["cloudauth-edge", "pop-core", "node:crypto by hand"];
const IN_FLIGHT = [1, 10, 100, 1000];
const META_INFO_KB = [0.3, 1, 10, 100];
const PICTURE_BYTES = 1_000_000;
const SIGNATURES = 1_000_000;
const STEPS = 4;
const ROWS = 100_000;

export const title = "Scale";
export const about = `The cost of a call as the work grows. Whole calls use the loopback interface as above; the other tables
replace the transport as in "Signing". The identity checker is the console's, with its own module, and receives chunks of
64 K characters, as in the console's worker. Memory is that of the process after a garbage collection.`;

/** A table with one column per size. */
async function growing(contestants, names, sizes, order, { rounds = 5, limitSeconds }) {
  const works = Object.fromEntries(
    names.map((name) => [
      name,
      async () => {
        const values = {};
        for (const size of sizes) {
          values[`at ${size}`] = (await contestants[name].ask("round", order(size))).cpuMicros;
        }
        return values;
      },
    ]),
  );
  return alternate(works, { rounds, limitSeconds });
}

const columns = (sizes, label) => Object.fromEntries(sizes.map((size) => [`at ${size}`, label(size)]));

export async function measure() {
  const tables = [];
  await withServer("answer-server.mjs", (endpoint) =>
    withContestants(NAMES, { endpoint }, async (contestants) => {
      tables.push({
        title: "CPU µs for a whole call, by calls in flight",
        columns: columns(IN_FLIGHT, (size) => `${size} in flight`),
        rows: await growing(
          contestants,
          NAMES,
          IN_FLIGHT,
          (inFlight) => ({ inFlight, calls: Math.max(1000, 2 * inFlight) }),
          { limitSeconds: 40 },
        ),
      });
    }),
  );
  await withContestants(NAMES, { endpoint: "http://127.0.0.1:8788", stubbed: true }, async (contestants) => {
    tables.push({
      title: "CPU µs for a signed request, by size of MetaInfo",
      columns: columns(META_INFO_KB, (size) => `${size} KB`),
      rows: await growing(
        contestants,
        NAMES,
        META_INFO_KB,
        (size) => ({ metaInfoBytes: size * 1024, millis: 100 }),
        { limitSeconds: 20 },
      ),
    });
    tables.push({
      title: "CPU ms for a signed request with a FaceContrastPicture of 1 MB",
      columns: { cpuMillis: "CPU ms" },
      rows: await alternate(
        Object.fromEntries(
          NAMES.map((name) => [
            name,
            async () => {
              const order = { pictureBytes: PICTURE_BYTES, millis: 500 };
              return { cpuMillis: (await contestants[name].ask("round", order)).cpuMicros / 1000 };
            },
          ]),
        ),
        { rounds: 5, limitSeconds: 20 },
      ),
    });
  });
  tables.push(await memory());
  tables.push(await list());
  return tables;
}

/** A million signatures, in steps. */
async function memory() {
  return withContestants(
    ["cloudauth-edge"],
    { endpoint: "http://127.0.0.1:8788", stubbed: true },
    async (contestants) => {
      const { ask } = contestants["cloudauth-edge"];
      const rows = [];
      for (let step = 0; step <= STEPS; step++) {
        if (step > 0) await ask("round", { calls: SIGNATURES / STEPS });
        const { rss, heap } = await ask("memory");
        const made = ((step * SIGNATURES) / STEPS).toLocaleString("en");
        rows.push(once(`after ${made}`, { rss: rss / 2 ** 20, heap: heap / 2 ** 20 }));
      }
      return {
        title: "Memory over a million signatures",
        columns: { rss: "MB of the process", heap: "MB of JavaScript heap" },
        rows,
      };
    },
  );
}

/** A list of published sample numbers, valid and invalid. */
async function list() {
  const module = new URL("../../pkg/wasm/lab/cloudauth_edge_bg.wasm", import.meta.url);
  glue.initSync({ module: readFileSync(module) });
  const core = guard(glue);
  const samples = ["张三,11010519491231002X", "张三,440524188001010014", "张三,110105194912310021"];
  const text = `姓名,身份证号\n${Array.from({ length: ROWS }, (_, i) => `${samples[i % samples.length]}\n`).join("")}`;
  const layout = core.listLayout(text.slice(0, 16 * 1024));
  const check = async () => {
    const begun = performance.now();
    let [rest, row, line, rows] = ["", 1, 1, 0];
    for (let at = 0; at < text.length; at += 64 * 1024) {
      const chunk = rest + text.slice(at, at + 64 * 1024);
      const last = at + 64 * 1024 >= text.length;
      const { delimiter, header, start, certNo, certName } = layout;
      const columns = [delimiter, header, start, certNo ?? -1, certName ?? -1];
      const checked = core.checkList(...columns, chunk, row, line, last, false, Date.now());
      ({ rest, nextRow: row, nextLine: line } = checked);
      rows += checked.rows;
    }
    if (rows !== ROWS) throw new Error(`${rows} rows were checked`);
    const millis = performance.now() - begun;
    return { millis, perSecond: (ROWS * 1000) / millis };
  };
  return {
    title: "The identity checker, 100,000 rows of CSV",
    columns: { millis: "ms", perSecond: "rows/s" },
    rows: await alternate({ "identity checker": check }, { rounds: 5, limitSeconds: 15 }),
  };
}
