import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { gateway, ownWorker, start } from "../lib/gateway.mjs";
import { Load } from "../lib/load.mjs";
import { alternate } from "../lib/measure.mjs";
import { cpuMicros } from "../lib/noise.mjs";
import { withServer } from "../lib/servers.mjs";
import { startWorkerd } from "../lib/workerd.mjs";

const programs = {
  "cloudauth-edge": "cloudauth-edge.mjs",
  "pop-core": "pop-core.mjs",
  "official SDK": "official-sdk.mjs",
  "node:crypto and fetch by hand": "by-hand.mjs",
  "node alone": "bare.mjs",
};
const file = (name) => fileURLToPath(new URL(`../startup/${name}`, import.meta.url));

export const title = "Start-up";
export const about = `A new Node process imports the client, creates one, and sends one signed request to a server on the
loopback interface. Both times are those of the whole process, until it exits by itself. Over bare is the difference from
the median of an empty program. A new workerd is measured from its start to its response to \`/livez\`, and to the
verification that it starts next. The gateway keeps its ledger in Durable Objects. It is compared with Workers with the same
routes (\`bench/workers/\`): hand-written JavaScript with a ledger in a Durable Object, and, without a ledger, the npm client
and hand-written JavaScript.`;

/** Runs a program to its end. */
async function run(name, endpoint) {
  const begun = performance.now();
  const child = spawn(process.execPath, ["--require", file("report.cjs"), file(name)], {
    env: { ...process.env, ENDPOINT: endpoint },
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  let report = "";
  child.stdio[3].on("data", (text) => (report += text));
  const exited = once(child, "exit").then(() => performance.now() - begun);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${name} ended with code ${code}`);
  return { wallMillis: await exited, cpuMillis: Number(report) / 1000 };
}

/** Starts a workerd and sends it two requests. */
async function wake(worker) {
  const load = new Load();
  const { begun, url, pid, close } = await startWorkerd(worker);
  try {
    await load.send({ url: `${url}/livez`, method: "GET" });
    const aliveAfter = performance.now() - begun;
    await load.send(start(url));
    return { aliveAfter, startedAfter: performance.now() - begun, cpuMillis: cpuMicros(pid) / 1000 };
  } finally {
    load.close();
    await close();
  }
}

export async function measure() {
  return withServer("answer-server.mjs", async (endpoint) => {
    const processes = await alternate(
      Object.fromEntries(
        Object.entries(programs).map(([name, program]) => [name, () => run(program, endpoint)]),
      ),
      { rounds: 12, limitSeconds: 40 },
    );
    const bare = processes.pop();
    for (const { metrics } of processes) {
      metrics.wallOver = over(metrics.wallMillis, bare.metrics.wallMillis);
      metrics.cpuOver = over(metrics.cpuMillis, bare.metrics.cpuMillis);
    }
    const workers = {
      gateway: await gateway(endpoint),
      "JavaScript by hand, with a ledger": await ownWorker("by-hand-ledger", endpoint, { LEDGER: "Ledger" }),
      "npm client, no ledger": await ownWorker("npm-client", endpoint),
      "JavaScript by hand, no ledger": await ownWorker("by-hand", endpoint),
    };
    const isolates = await alternate(
      Object.fromEntries(Object.entries(workers).map(([name, worker]) => [name, () => wake(worker)])),
      { rounds: 9, limitSeconds: 30 },
    );
    return [
      {
        title: "A new Node process",
        columns: {
          cpuOver: "CPU ms over bare",
          wallOver: "ms over bare",
          cpuMillis: "CPU ms",
          wallMillis: "ms",
        },
        rows: [...processes, bare],
        ratio: { key: "cpuOver", of: "cloudauth-edge", label: "CPU over bare, relative to cloudauth-edge" },
        chart: {
          key: "cpuOver",
          title: "Import, construct, first request: CPU ms over bare node (less is better)",
        },
      },
      {
        title: "A new workerd",
        columns: {
          aliveAfter: "ms to /livez",
          startedAfter: "ms to a started verification",
          cpuMillis: "CPU ms",
        },
        rows: isolates,
      },
    ];
  });
}

/**
 * The measurement minus the empty program's median; the spread, in milliseconds, is that of the
 * measurement.
 */
const over = (of, { median: bare }) => {
  const median = of.median - bare;
  return { median, least: of.least - bare, most: of.most - bare, spread: (of.spread * of.median) / median };
};
