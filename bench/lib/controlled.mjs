// Loaded before the gateway's program: a control server moves the process's clock and reports its memory.

import { createServer } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const realNow = Date.now;
const realTimeout = globalThis.setTimeout;
/** The gateway's alarms look at the clock at least once a minute; here, twice a second. */
const LONG_MS = 30_000;
const LOOK_AGAIN_MS = 500;
let movedMs = 0;

Date.now = () => realNow() + movedMs;
globalThis.setTimeout = Object.assign(
  (call, millis, ...args) => realTimeout(call, millis >= LONG_MS ? LOOK_AGAIN_MS : millis, ...args),
  realTimeout,
);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

createServer((request, response) => {
  movedMs += Number(new URL(request.url, "http://control").searchParams.get("move") ?? 0);
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  response.end(JSON.stringify({ rss, heapUsed }));
})
  .listen(process.env.CONTROL_SOCKET)
  .unref();
