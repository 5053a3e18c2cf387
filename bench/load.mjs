// npm run load [-- part …]: holds client and gateway under load and says whether memory stays flat and whether anybody
// waits for the others. The parts are signatures (a million), polls (500 at once) and day (24 hours of alarms, by a clock
// that is moved). LOAD_SIGNATURES, LOAD_POLLS and LOAD_ORDERS change the numbers.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, createServer, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { FaceVerifyClient } from "cloudauth-edge";
import { callerOf } from "../tests/support/samples.mjs";
import { keys, parameters } from "./lib/input.mjs";
import { Load } from "./lib/load.mjs";
import { startNode } from "./lib/node-gateway.mjs";

const ROUTE = "/v1/face-verifications";
const CALLERS = ["shop", "bank"];
const QUARTERS = 4;
const HOUR_MS = 3_600_000;
const STEP_MS = 10 * 60_000;
const HOURS = 24;
/** Memory counts as flat if it grows by less than this share from the first quarter to the last. */
const FLAT = 0.1;

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
const SIGNATURES = number("LOAD_SIGNATURES", 1_000_000);
const POLLS = number("LOAD_POLLS", 500);
const ORDERS = number("LOAD_ORDERS", 10_000);

const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const say = (name, value) => console.log(`  ${name.padEnd(58)} ${value}`);
const faults = [];
function expect(right, fault) {
  if (!right) faults.push(fault);
}

function flat(what, quarters) {
  const [first, last] = [quarters[0], quarters.at(-1)];
  expect(last <= first * (1 + FLAT), `${what} grew from ${megabytes(first)} to ${megabytes(last)}`);
}

/** Calls whose requests are signed, and answered by the transport itself. */
async function signatures() {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  const body = JSON.stringify({ Code: "200", RequestId: "r", ResultObject: { CertifyId: "certify1" } });
  const client = new FaceVerifyClient({
    ...keys,
    endpoint: "http://127.0.0.1:8788",
    fetch: async () => new Response(body),
  });
  const heaps = [];
  for (let quarter = 1; quarter <= QUARTERS; quarter += 1) {
    for (let left = SIGNATURES / QUARTERS; left > 0; left -= 1) await client.initFaceVerify(parameters);
    collect();
    const { rss, heapUsed } = process.memoryUsage();
    heaps.push(heapUsed);
    say(
      `after ${((SIGNATURES * quarter) / QUARTERS).toLocaleString("en")} signatures`,
      `${megabytes(heapUsed)} heap, ${megabytes(rss)} in all`,
    );
  }
  flat("the client's heap", heaps);
}

/** Alibaba Cloud and a webhook's receiver. `verdict` decides every verification; `false` while users are not done. */
async function startUpstream() {
  const upstream = { starts: 0, queries: 0, deliveries: 0, verdict: false, lastAt: 0 };
  const server = createServer(async (request, response) => {
    upstream.lastAt = performance.now();
    let body = "";
    for await (const chunk of request) body += chunk;
    const answer = (Code, ResultObject) =>
      response.end(JSON.stringify({ Code, RequestId: "r", ResultObject }));
    if (request.url === "/verdicts") {
      upstream.deliveries += 1;
      return response.end();
    }
    const form = new URLSearchParams(body);
    if (form.get("Action") === "InitFaceVerify") {
      upstream.starts += 1;
      return answer("200", { CertifyId: `certify${form.get("OuterOrderNo")}` });
    }
    upstream.queries += 1;
    return upstream.verdict ? answer("200", { Passed: "T", SubCode: "200" }) : answer("424");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}`;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { upstream, url, close };
}

async function withGateway(work) {
  const { upstream, url, close } = await startUpstream();
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-load-"));
  const socketPath = join(folder, "control");
  const agent = new Agent({ keepAlive: true });
  const gateway = await startNode({
    NODE_OPTIONS: `--import=${new URL("lib/controlled.mjs", import.meta.url)}`,
    CONTROL_SOCKET: socketPath,
    GATEWAY_MODE: "development",
    CLOUDAUTH_ENDPOINTS: url,
    CLOUDAUTH_CALLS_PER_SECOND: "10000",
    GATEWAY_CALLERS: JSON.stringify(CALLERS.map((id) => callerOf(id, id, { webhookUrl: `${url}/verdicts` }))),
  });
  const load = new Load();
  /** Moves the clock and returns the memory in use. */
  const control = async (moveMs = 0) => {
    const sent = httpRequest({ socketPath, path: `/?move=${moveMs}`, agent }).end();
    const [response] = await once(sent, "response");
    let text = "";
    for await (const chunk of response) text += chunk;
    return JSON.parse(text);
  };
  const headers = (caller) => ({ authorization: `Bearer ${caller}`, "content-type": "application/json" });
  const start = (caller, index) => ({
    url: `${gateway.url}${ROUTE}`,
    headers: headers(caller),
    status: 201,
    body: JSON.stringify({ ...parameters, outerOrderNo: orderNo(index) }),
  });
  const read = (caller, index, more = {}) => ({
    url: `${gateway.url}${ROUTE}/${orderNo(index)}`,
    method: "GET",
    headers: { ...headers(caller), ...more },
  });
  const list = (caller) => ({ url: `${gateway.url}${ROUTE}`, method: "GET", headers: headers(caller) });
  try {
    await work({ upstream, load, control, start, read, list });
  } finally {
    load.close();
    agent.destroy();
    await gateway.close();
    close();
    rmSync(folder, { recursive: true });
  }
}

const orderNo = (index) => String(index).padStart(32, "0");

/** Requests of one caller that wait for verdicts, while another caller starts orders. */
const polls = () =>
  withGateway(async ({ upstream, load, control, start, read }) => {
    let index = 0;
    await load.run(() => start("shop", index++), { inFlight: 8, requests: POLLS });
    const before = await control();
    const statuses = new Map();
    // A request that got no verdict in time is sent again, as clients do.
    const waiting = Array.from({ length: POLLS }, async (_, order) => {
      let status = "pending";
      while (status === "pending") {
        status = JSON.parse(await load.send(read("shop", order, { prefer: "wait=60" }))).status;
      }
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    const other = await load.run(() => start("bank", index++), { inFlight: 1, requests: 200 });
    expect(statuses.size === 0, "a verdict was returned before there was one");
    const during = await control();
    upstream.verdict = true;
    const begun = performance.now();
    await Promise.all(waiting);
    say(
      `${POLLS} requests wait: memory`,
      `${megabytes(before.rss)} before, ${megabytes(during.rss)} meanwhile`,
    );
    say(
      "another caller's starts meanwhile",
      `p50 ${other.p50.toFixed(1)} ms, p99 ${other.p99.toFixed(1)} ms`,
    );
    say("until all have the verdict", `${((performance.now() - begun) / 1000).toFixed(1)} s`);
    expect(statuses.get("passed") === POLLS, `not everybody got the verdict: ${[...statuses].join(" ")}`);
  });

/** A day: the gateway queries each order again and again, because its user finishes only after half a day. */
const day = () =>
  withGateway(async ({ upstream, load, control, start, list }) => {
    let index = 0;
    const starts = await load.run(() => start("shop", index++), { inFlight: 8, requests: ORDERS });
    say(`${ORDERS} orders started`, `${Math.round(starts.perSecond)} a second`);
    await load.send(start("bank", 0));
    const heaps = [];
    let slowest = 0;
    for (let at = 0; at < HOURS * HOUR_MS; at += STEP_MS) {
      upstream.verdict = at >= (HOURS / 2) * HOUR_MS;
      await control(STEP_MS);
      // Until the alarm has nothing left to do, another caller lists its orders.
      const since = performance.now();
      do {
        const sent = performance.now();
        await load.send(list("bank"));
        slowest = Math.max(slowest, performance.now() - sent);
        await new Promise((resolve) => setTimeout(resolve, 20));
      } while (performance.now() - Math.max(since, upstream.lastAt) < 700);
      if ((at + STEP_MS) % ((HOURS / QUARTERS) * HOUR_MS) === 0) {
        const { rss, heapUsed } = await control();
        heaps.push(heapUsed);
        const hours = (at + STEP_MS) / HOUR_MS;
        say(
          `after ${hours} hours`,
          `${upstream.queries} queries, ${upstream.deliveries} webhooks, ${megabytes(heapUsed)} heap, ${megabytes(rss)} in all`,
        );
      }
    }
    say("slowest list of another caller meanwhile", `${slowest.toFixed(0)} ms`);
    flat("the gateway's heap", heaps);
    expect(
      upstream.deliveries === ORDERS + 1,
      `${upstream.deliveries} webhooks of ${ORDERS + 1} were delivered`,
    );
  });

const PARTS = { signatures, polls, day };
const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !(name in PARTS));
if (unknown !== undefined) {
  console.error(`There is no part ${unknown}; the parts are ${Object.keys(PARTS).join(", ")}`);
  process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
for (const name of chosen.length > 0 ? chosen : Object.keys(PARTS)) {
  console.log(name);
  await PARTS[name]();
}
for (const fault of faults) console.error(`FAULT: ${fault}`);
if (faults.length > 0) process.exitCode = 1;
else console.log("memory is flat, and nobody starves");
