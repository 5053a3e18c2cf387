// One contestant in its own process, so that contestants do not affect each other. IPC commands: prepare, once;
// sample, to inspect its signature; round, to measure.

import { setImmediate as turn } from "node:timers/promises";
import { contestants } from "./contestants.mjs";
import { metaInfo, parameters } from "./input.mjs";

const name = process.argv[2];
let call, finished, finishedAt;

const orders = {
  async prepare({ endpoint, stubbed }) {
    const stub = (url, headers, body) => {
      finishedAt = performance.now();
      finished = { url, headers, body };
    };
    call = await contestants[name].make({ endpoint, stub: stubbed ? stub : undefined });
  },

  /** One call; also returns the finished request if the transport is stubbed. */
  async sample(changes) {
    return { certifyId: await call(input(changes)), finished: plain(finished) };
  },

  /** Makes calls for a given time or number, `inFlight` at a time. */
  async round({ inFlight = 1, millis = Infinity, calls = Infinity, ...changes }) {
    const given = input(changes);
    // Other contestants ran in the meantime; garbage of earlier rounds must not count for this one.
    globalThis.gc?.();
    await turn();
    let done = 0;
    const cpuBefore = process.cpuUsage();
    const begun = performance.now();
    const deadline = begun + millis;
    let left = calls;
    let requests = 0;
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        while (left-- > 0 && performance.now() < deadline) {
          const called = performance.now();
          await call(given);
          requests += finishedAt - called;
          done++;
        }
      }),
    );
    const passed = performance.now() - begun;
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      perSecond: (done * 1000) / passed,
      micros: (passed * 1000) / done,
      // With a stubbed transport and one call at a time, this is the time until the request is finished.
      ...(finishedAt && inFlight === 1 && { requestMicros: (requests * 1000) / done }),
      cpuMicros: (user + system) / done,
    };
  },

  async memory() {
    globalThis.gc?.();
    await turn();
    globalThis.gc?.();
    return { rss: process.memoryUsage().rss, heap: process.memoryUsage().heapUsed };
  },
};

/** The order, unchanged or with a MetaInfo or picture of a given size. */
function input({ metaInfoBytes, pictureBytes } = {}) {
  return {
    ...parameters,
    ...(metaInfoBytes && { metaInfo: metaInfo(metaInfoBytes) }),
    ...(pictureBytes && { faceContrastPicture: "x".repeat(pictureBytes) }),
  };
}

/** Headers as an object, whatever form the contestant uses. */
const plain = (request) =>
  request && {
    ...request,
    headers: Array.isArray(request.headers) ? Object.fromEntries(request.headers) : request.headers,
  };

process.on("message", async ({ order, ...rest }) => {
  try {
    process.send({ result: (await orders[order](rest)) ?? null });
  } catch (error) {
    process.send({ error: `${name}: ${error?.stack ?? JSON.stringify(error)}` });
  }
});
