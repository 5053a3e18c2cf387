/** The gateway as a Cloudflare Worker: connects the platform to the code that all hosts share. */

import { handle } from "./host/front.js";
import { core, files, settingsOf } from "./worker/core.js";
import { requestPoint } from "./worker/metrics.js";

export { Ledger, Pacer } from "./worker/ledger.js";

/**
 * @import { Host, Message } from "./host/types.js"
 * @import { Ledger } from "./worker/ledger.js"
 * @import { Dataset } from "./worker/metrics.js"
 *
 * @typedef {Pick<Ledger, "run" | "disconnect">} LedgerStub
 *
 * @typedef {{ get(id: unknown): LedgerStub, idFromName(name: string): unknown }} Ledgers
 *
 * @typedef {object} Env what `wrangler.toml` binds
 * @property {Ledgers} LEDGER
 * @property {{ fetch(request: Request): Promise<Response> }} [ASSETS]
 * @property {{ limit(options: { key: string }): Promise<{ success: boolean }> }} [RATE_LIMITER]
 * @property {Dataset} [METRICS]
 */

/** A deployment resets an instance once; more resets cover coinciding failures. */
const RESETS_MAX = 3;

export default {
  /**
   * @param {Request} request
   * @param {Env} env
   * @param {{ waitUntil(work: Promise<unknown>): void }} ctx
   */
  async fetch(request, env, ctx) {
    /** @type {Host<Response>} */
    const host = {
      core,
      settings: settingsOf(env),
      files,
      run(caller, task, again) {
        const id = crypto.randomUUID();
        const running = runInLedger(env.LEDGER, caller, (ledger, resets) =>
          ledger.run(resets > 0 ? again : task, id),
        );
        // A client that disconnects does not abort its started work.
        ctx.waitUntil(running.catch(() => {}));
        request.signal.addEventListener("abort", () => {
          ctx.waitUntil(
            runInLedger(env.LEDGER, caller, async (ledger) => ledger.disconnect(id)).catch(() => {}),
          );
        });
        return running;
      },
      async page() {
        const response = await env.ASSETS?.fetch(request);
        return response && response.status !== 404 ? response : undefined;
      },
      async mayGoOn(caller) {
        return !env.RATE_LIMITER || (await env.RATE_LIMITER.limit({ key: caller })).success;
      },
      observe(line) {
        console.log(JSON.stringify(line));
        env.METRICS?.writeDataPoint(requestPoint(line));
      },
    };
    const answered = await handle(host, plain(request), () => request.body?.getReader());
    const { headers } = answered;
    if (answered.page) {
      const page = new Response(answered.page.body, answered.page);
      for (const [name, value] of headers) page.headers.append(name, value);
      return page;
    }
    const { status, body } = answered;
    return new Response(/** @type {BodyInit | null} */ (body), { status, headers });
  },
};

/**
 * A request in the core's form, without its body.
 *
 * @param {Request} request
 * @returns {Message}
 */
function plain(request) {
  const url = new URL(request.url);
  return {
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    headers: [...request.headers],
    host: url.host,
    freshId: crypto.randomUUID(),
  };
}

/**
 * Passes a task to the caller's ledger. A deployment can reset the ledger's instance; its rows remain, and the core
 * returns the task to repeat.
 *
 * @template T
 * @param {Ledgers} namespace
 * @param {string} caller
 * @param {(ledger: LedgerStub, resets: number) => Promise<T> | T} act
 * @returns {Promise<T>}
 */
async function runInLedger(namespace, caller, act) {
  for (let resets = 0; ; resets += 1) {
    try {
      // A reset instance no longer responds; a new stub connects to its successor.
      return await act(namespace.get(namespace.idFromName(caller)), resets);
    } catch (/** @type {any} */ error) {
      if (!isReset(error) || resets === RESETS_MAX) throw error;
    }
  }
}

/** @param {{ retryable?: boolean, durableObjectReset?: boolean, overloaded?: boolean }} error of the platform */
const isReset = ({ retryable, durableObjectReset, overloaded }) =>
  !overloaded && Boolean(retryable || durableObjectReset);
