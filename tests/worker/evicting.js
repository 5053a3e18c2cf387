// The Worker as it is deployed, and a way to end a ledger's instance in the middle of whatever it does.

import worker, { Ledger as Deployed, Pacer } from "../../worker.js";

export { Pacer };

export class Ledger extends Deployed {
  /** All that is in memory is gone, and everything that is under way; what is written stays. */
  evict() {
    this.ctx.abort("evicted");
  }
}

export default {
  async fetch(request, env, ctx) {
    const [, caller] = new URL(request.url).pathname.match(/^\/_evict\/([a-z]+)$/) ?? [];
    if (!caller) return worker.fetch(request, env, ctx);
    await env.LEDGER.get(env.LEDGER.idFromName(caller))
      .evict()
      .catch(() => {});
    return new Response(null, { status: 204 });
  },
};
