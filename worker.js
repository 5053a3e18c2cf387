/** The gateway as a Cloudflare Worker: connects the platform to the code that all hosts share. */

import { handle } from "./host/front.js";
import { parsed } from "./host/target.js";
import { core, files, settingsOf } from "./worker/core.js";
import { inObject } from "./worker/durable-object.js";
import { record, requestPoint } from "./worker/metrics.js";

export { Ledger, Pacer } from "./worker/ledger.js";

/**
 * @import { Host, Message } from "./host/types.js"
 * @import { Namespace } from "./worker/durable-object.js"
 * @import { Ledger } from "./worker/ledger.js"
 * @import { Dataset } from "./worker/metrics.js"
 *
 * @typedef {Pick<Ledger, "run" | "disconnect">} LedgerStub
 *
 * @typedef {object} Env what `wrangler.toml` binds
 * @property {Namespace<LedgerStub>} LEDGER
 * @property {{ fetch(request: Request): Promise<Response> }} [ASSETS]
 * @property {{ limit(options: { key: string }): Promise<{ success: boolean }> }} [RATE_LIMITER]
 * @property {Dataset} [METRICS]
 */

export default {
  /**
   * @param {Request} request
   * @param {Env} env
   * @param {{ waitUntil(work: Promise<unknown>): void }} ctx
   */
  async fetch(request, env, ctx) {
    const message = plain(request);
    /** @type {Host<Response>} */
    const host = {
      core,
      settings: settingsOf(env),
      files,
      run(caller, task, afterReset) {
        const id = crypto.randomUUID();
        const running = inObject(env.LEDGER, caller, (ledger, resets) =>
          ledger.run(resets > 0 ? afterReset : task, id),
        );
        // A client that disconnects does not abort its started work.
        ctx.waitUntil(running.catch(() => {}));
        request.signal.addEventListener("abort", () => {
          ctx.waitUntil(
            inObject(env.LEDGER, caller, async (ledger) => ledger.disconnect(id)).catch(() => {}),
          );
        });
        return running;
      },
      async page() {
        // The assets would be found by the parsed path.
        const response = message.path ? await env.ASSETS?.fetch(request) : undefined;
        return response && response.status !== 404 ? response : undefined;
      },
      async mayGoOn(caller) {
        return !env.RATE_LIMITER || (await env.RATE_LIMITER.limit({ key: caller })).success;
      },
      observe(line) {
        console.log(JSON.stringify(line));
        record(env.METRICS, requestPoint(line));
      },
    };
    const answered = await handle(host, message, () => request.body?.getReader());
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
  return {
    method: request.method,
    ...parsed(request.url),
    headers: [...request.headers],
    host: new URL(request.url).host,
    freshId: crypto.randomUUID(),
  };
}
