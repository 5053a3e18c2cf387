import { once as event } from "node:events";
import { createSandbox } from "cloudauth-edge/sandbox";
import { signRpc } from "../lib/by-hand.mjs";
import { parameters, wire } from "../lib/input.mjs";
import { Load } from "../lib/load.mjs";
import { alternate, once } from "../lib/measure.mjs";
import { withServer } from "../lib/servers.mjs";

const OPEN = 10_000;
const ROUND = { requests: 1000, inFlight: 32 };

export const title = "Sandbox";
export const about = `The sandbox, as a server in a separate process, receives signed InitFaceVerify requests over the
loopback interface, 32 in flight; every request starts a verification. Its limit of 50 calls a second is switched off. The
requests are signed before a round, so that only the sandbox is measured. In each round, more verifications are open than in
the round before.`;

export async function measure() {
  const load = new Load();
  try {
    return await withServer("sandbox-server.mjs", async (url, child) => {
      const state = async () => {
        const reply = event(child, "message");
        child.send("state");
        const [{ rss, heapUsed, cpuMicros }] = await reply;
        return { rss: rss / 2 ** 20, heapUsed: heapUsed / 2 ** 20, cpuMicros };
      };
      const signed = (count) => {
        const requests = Array.from({ length: count }, () => signRpc(url, wire(parameters)));
        return () => requests.pop();
      };
      const before = await state();
      await load.run(signed(OPEN), { requests: OPEN, inFlight: ROUND.inFlight });
      const after = await state();
      const round = async () => {
        const next = signed(ROUND.requests);
        const { cpuMicros } = await state();
        const { perSecond, p50, p99 } = await load.run(next, ROUND);
        return { perSecond, cpuMicros: ((await state()).cpuMicros - cpuMicros) / ROUND.requests, p50, p99 };
      };
      const rows = await alternate({ "sandbox over HTTP": round }, { rounds: 7, limitSeconds: 30 });
      return [
        {
          title: `Requests, with ${OPEN.toLocaleString("en")} verifications open`,
          columns: { perSecond: "requests/s", cpuMicros: "CPU µs/request", p50: "p50 ms", p99: "p99 ms" },
          rows,
        },
        {
          title: "Memory",
          columns: { rss: "MB of the process", heapUsed: "MB of JavaScript heap" },
          rows: [once("before", before), once(`${OPEN.toLocaleString("en")} open`, after)],
        },
        await startup(),
      ];
    });
  } finally {
    load.close();
  }
}

/** A sandbox for each test is a common way to use it. */
async function startup() {
  const make = async () => {
    const begun = performance.now();
    for (let i = 0; i < 100; i++) await createSandbox().close();
    return { millis: (performance.now() - begun) / 100 };
  };
  return {
    title: "Creating one in a test's own process",
    columns: { millis: "ms" },
    rows: await alternate({ "createSandbox()": make }, { rounds: 5, limitSeconds: 10 }),
  };
}
