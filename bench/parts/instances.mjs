import { startPostgres } from "../../tests/postgres/database.mjs";
import { callerOf } from "../../tests/support/samples.mjs";
import { gateway, newest, nodeGateway, read, start } from "../lib/gateway.mjs";
import { Load } from "../lib/load.mjs";
import { alternate } from "../lib/measure.mjs";
import { withServer } from "../lib/servers.mjs";
import { startWorkerd } from "../lib/workerd.mjs";

const CALLERS = Array.from({ length: 20 }, (_, at) => ({ id: `caller-${at}`, token: `bench-token-${at}` }));
const INSTANCES = { one: 1, two: 2, three: 3 };
const ROUND = { millis: 1000, inFlight: 32 };

export const title = "Several instances";
export const about = `Gateways that share one PostgreSQL database, compared with the gateway on SQLite and in workerd. Each
ledger is on this machine's disk, and every commit is synchronized to it. 32 requests in flight go to the instances in turn;
the upstream responds at once. Instances, database, upstream and the program that sends the requests share this machine's
processors, so more instances are not faster here: the rows show the cost of sharing a ledger. The orders belong to
${CALLERS.length} callers, then to one, whose steps the database runs one at a time.`;

const settings = {
  GATEWAY_CALLERS: JSON.stringify(CALLERS.map(({ id, token }) => callerOf(id, token))),
};

/** An endless iteration over a list. */
function inTurn(list) {
  let at = 0;
  return () => list[at++ % list.length];
}

export async function measure() {
  const load = new Load();
  const postgres = await startPostgres(undefined, { durable: true });
  const started = [];
  const keep = async (starting) => {
    const gatewayProcess = await starting;
    started.push(gatewayProcess);
    return gatewayProcess.url;
  };
  try {
    return await withServer("answer-server.mjs", async (upstream) => {
      const onDisk = { onDisk: true };
      const hosts = {
        "in workerd": [await keep(startWorkerd(await gateway(upstream, settings), onDisk))],
        "on Node with SQLite": [await keep(nodeGateway(upstream, { ...onDisk, settings }))],
      };
      for (const [name, count] of Object.entries(INSTANCES)) {
        const database = postgres.create(`bench_${name}`);
        const urls = [];
        for (let at = 0; at < count; at += 1)
          urls.push(await keep(nodeGateway(upstream, { ...onDisk, settings, database })));
        hosts[`${name} on PostgreSQL`] = urls;
      }
      const columns = {
        starts: "starts/s",
        startP50: "start p50 ms",
        startP99: "start p99 ms",
        reads: "reads/s",
        readP50: "read p50 ms",
      };
      const tables = [];
      for (const callers of [CALLERS, CALLERS.slice(0, 1)]) {
        const works = {};
        for (const [name, urls] of Object.entries(hosts)) works[name] = await work(load, urls, callers);
        tables.push({
          title: callers.length > 1 ? `${callers.length} callers` : "One caller",
          columns,
          rows: await alternate(works, { rounds: 5, limitSeconds: 90 }),
        });
      }
      return tables;
    });
  } finally {
    load.close();
    await Promise.all(started.map((each) => each.close()));
    await postgres.close();
  }
}

/** Starts, followed by reads of known verdicts. */
async function work(load, urls, callers) {
  const url = inTurn(urls);
  const caller = inTurn(callers);
  const known = [];
  for (const { token } of callers) {
    await load.send(start(urls[0], token));
    const order = newest();
    await load.send(read(urls[0], order, "", token));
    known.push({ token, order });
  }
  const verdict = inTurn(known);
  return async () => {
    const starts = await load.run(() => start(url(), caller().token), ROUND);
    const reads = await load.run(() => {
      const { token, order } = verdict();
      return read(url(), order, "?material=false", token);
    }, ROUND);
    return {
      starts: starts.perSecond,
      startP50: starts.p50,
      startP99: starts.p99,
      reads: reads.perSecond,
      readP50: reads.p50,
    };
  };
}
