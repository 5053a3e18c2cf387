// Runs the cases on Durable Objects, each in its own objects.

import { DurableObject } from "cloudflare:workers";
import { DurableStorage } from "../../worker/storage.js";
import { cases } from "./cases.js";

/** Forwards each call to the store of another object. */
const remote = (stub) => ({
  step: async (decide) => {
    // A passed function runs here and the store cannot wait for it, so its rows are determined first.
    const known = { rows: [], ranges: [] };
    for (;;) {
      const { load, commit } = decide(known);
      if (commit) return stub.write(commit);
      const more = await stub.load(load);
      known.rows.push(...more.rows);
      known.ranges.push(...more.ranges);
    }
  },
  alarm: () => stub.alarmTime(),
});

export class Store extends DurableObject {
  #ledger = new DurableStorage(this.ctx.storage);

  async part(name, part) {
    const other = this.env.STORE.get(this.env.STORE.idFromName(`${name}, other`));
    await cases[name][part]({ ledger: this.#ledger, other: remote(other) });
  }

  write(commit) {
    return this.#ledger.step(() => ({ commit }));
  }

  async load(wanted) {
    let loaded;
    await this.#ledger.step((known) => {
      if (known.rows.length + known.ranges.length === 0) return { load: wanted };
      loaded = structuredClone(known);
      return { commit: { writes: [], alarm: null } };
    });
    return loaded;
  }

  alarmTime() {
    return this.#ledger.alarm();
  }

  alarm() {}

  end() {
    this.ctx.abort("opened again");
  }
}

export default {
  async fetch(request, env) {
    const { name, part } = await request.json();
    const store = () => env.STORE.get(env.STORE.idFromName(name));
    if (part > 0)
      await store()
        .end()
        .catch(() => {});
    try {
      await store().part(name, part);
      return new Response("passed");
    } catch (error) {
      return new Response(String(error.stack), { status: 500 });
    }
  },
};
