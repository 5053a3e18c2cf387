import {
  direct,
  gateway,
  newest,
  nodeGateway,
  ownWorker,
  passThrough,
  read,
  start,
} from "../lib/gateway.mjs";
import { Load } from "../lib/load.mjs";
import { alternate, once } from "../lib/measure.mjs";
import { residentBytes } from "../lib/noise.mjs";
import { withServer } from "../lib/servers.mjs";
import { startWorkerd } from "../lib/workerd.mjs";

const ROUND = { millis: 1000 };
const ORDERS = 100_000;
const ORDERS_LIMIT_MILLIS = 300_000;

export const title = "Gateway";
export const about = `The deployed gateway in a bare workerd. Its ledger is in a file system in memory if the machine has one,
so that the disk is not measured; the rows "on disk" include it. The upstream is a server on the loopback interface that
responds at once, so all of the added time is the gateway's. A start records the order, calls Alibaba Cloud and records the
outcome; a read of a known verdict sends nothing. The pass-through Worker is one line of \`fetch\` in a separate workerd. The
Worker by hand (\`bench/workers/by-hand-ledger.js\`) has a ledger of two statements in a Durable Object, without retries,
alarms, webhooks or a log: its time is the lower bound for such a ledger. All orders belong to one caller, hence to one
Durable Object, which runs one step at a time; a second caller has a second one. On Node, the gateway is one process with
SQLite; its log goes to a pipe, which workerd's does not.`;

export async function measure() {
  const load = new Load();
  try {
    return await withServer("answer-server.mjs", async (upstream) => {
      const worker = await gateway(upstream);
      const front = await startWorkerd(worker);
      const onDisk = await startWorkerd(worker, { onDisk: true });
      const bare = await startWorkerd(await passThrough(upstream));
      const byHand = await startWorkerd(await ownWorker("by-hand-ledger", upstream, { LEDGER: "Ledger" }));
      const node = await nodeGateway(upstream);
      const nodeOnDisk = await nodeGateway(upstream, { onDisk: true });
      try {
        const ways = {
          "the upstream itself": () => direct(upstream),
          "through the pass-through Worker": () => direct(bare.url),
          "a start by hand, with a ledger": () => start(byHand.url),
          "a start at the gateway": () => start(front.url),
          "a start, its ledger on disk": () => start(onDisk.url),
          "a start at the gateway on Node": () => start(node.url),
          "a start on Node, its ledger on disk": () => start(nodeOnDisk.url),
        };
        await load.send(start(front.url));
        const known = newest();
        await load.send(read(front.url, known));
        await load.send(start(node.url));
        const knownOnNode = newest();
        await load.send(read(node.url, knownOnNode));
        const withReads = {
          ...ways,
          "a read of a known verdict": () => read(front.url, known, "?material=false"),
          "a read of a known verdict on Node": () => read(node.url, knownOnNode, "?material=false"),
        };
        const rounds = (requests, inFlight) =>
          Object.fromEntries(
            Object.entries(requests).map(([name, next]) => [
              name,
              () => load.run(next, { ...ROUND, inFlight }),
            ]),
          );
        const columns = { p50: "p50 ms", p99: "p99 ms", perSecond: "requests/s" };
        const alone = await alternate(rounds(withReads, 1), { rounds: 5, limitSeconds: 40 });
        const busy = await alternate(rounds(withReads, 32), { rounds: 5, limitSeconds: 40 });
        const [{ metrics: straight }, , , { metrics: fronted }] = alone;
        const added = (key) => (fronted[key].median - straight[key].median).toFixed(2);
        return [
          {
            title: "1 in flight",
            columns,
            rows: alone,
            note: `A start at the gateway takes ${added("p50")} ms longer than the upstream alone at the median, ${added("p99")} ms at p99.`,
          },
          {
            title: "32 in flight",
            columns,
            rows: busy,
            ratio: {
              key: "perSecond",
              of: "through the pass-through Worker",
              label: "relative to the pass-through",
            },
          },
          await memory(load, { "gateway in workerd": front, "gateway on Node": node }),
        ];
      } finally {
        await Promise.all([front, onDisk, bare, byHand, node, nodeOnDisk].map((each) => each.close()));
      }
    });
  } finally {
    load.close();
  }
}

async function memory(load, gateways) {
  const MB = 2 ** 20;
  const rows = [];
  let note;
  for (const [name, { url, pid }] of Object.entries(gateways)) {
    const before = residentBytes(pid);
    const { done } = await load.run(() => start(url), {
      inFlight: 32,
      requests: ORDERS,
      millis: ORDERS_LIMIT_MILLIS,
    });
    const after = residentBytes(pid);
    rows.push(once(name, { orders: done, before: before / MB, after: after / MB }));
    if (done < ORDERS) note = `Stopped after ${ORDERS_LIMIT_MILLIS / 1000} s, before ${ORDERS} orders.`;
  }
  return {
    title: "Memory as orders are added to one ledger",
    columns: { orders: "orders added", before: "MB before", after: "MB after" },
    rows,
    note,
  };
}
