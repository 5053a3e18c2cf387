import { judge, withContestants } from "../lib/contestant.mjs";
import { alternate } from "../lib/measure.mjs";
import { withServer } from "../lib/servers.mjs";

const NAMES = [
  "cloudauth-edge",
  "cloudauth-edge, ACS3",
  "cloudauth-edge by fetch",
  "pop-core",
  "pop-core, GET",
  "official SDK, ACS3",
  "official SDK, v2",
  "node:crypto by hand",
  "aws4fetch (SigV4)",
  "node:http alone",
  "fetch alone",
];
const ROUND_MILLIS = 400;

export const title = "Whole calls";
export const about = `InitFaceVerify over HTTP on the loopback interface, from parameters to the CertifyId, with keep-alive
connections. The server is a separate process that responds at once and checks nothing; beforehand, the sandbox accepts the
requests of every contestant. CPU is the user and system time of the client's process with all its threads. By hand means
node:crypto and fetch. node:http alone and fetch alone send the same form repeatedly and sign nothing.`;

export async function measure() {
  await judge(NAMES);
  const tables = [];
  await withServer("answer-server.mjs", (endpoint) =>
    withContestants(NAMES, { endpoint }, async (contestants) => {
      for (const inFlight of [1, 32]) {
        const rows = await alternate(
          Object.fromEntries(
            NAMES.map((name) => [
              name,
              () => contestants[name].ask("round", { inFlight, millis: ROUND_MILLIS }),
            ]),
          ),
          { limitSeconds: 40 },
        );
        tables.push({
          title: `${inFlight} in flight`,
          columns: { cpuMicros: "CPU µs/call", perSecond: "calls/s" },
          rows,
          ratio: { key: "cpuMicros", of: "cloudauth-edge", label: "CPU, relative to cloudauth-edge" },
          chart: inFlight === 32 && {
            key: "cpuMicros",
            title: "A whole call on loopback, 32 in flight, CPU µs (less is better)",
          },
        });
      }
    }),
  );
  return tables;
}
