import { DurableObject } from "cloudflare:workers";
import { LedgerRunner } from "../host/ledger.js";
import { fetchTransport } from "../pkg/dist/transport.js";
import { core, settingsOf } from "./core.js";
import { DurableStorage } from "./storage.js";

/**
 * One caller's ledger. The platform delays outgoing requests and responses until preceding writes are on disk.
 */
export class Ledger extends DurableObject {
  #runner;
  #listening = new Map();

  constructor(ctx, env) {
    super(ctx, env);
    const host = {
      core,
      settings: () => settingsOf(this.env),
      instance: crypto.randomUUID(),
      turn: async (action, yields) => {
        const { PACER } = this.env;
        return PACER ? PACER.get(PACER.idFromName(action)).turn(yields) : 0;
      },
      send: fetchTransport(fetch),
    };
    this.#runner = new LedgerRunner(host, new DurableStorage(ctx.storage));
  }

  /** @param {string} id of the request */
  async run(task, id) {
    const disconnected = new AbortController();
    this.#listening.set(id, disconnected);
    try {
      return await this.#runner.run(task, disconnected.signal);
    } finally {
      this.#listening.delete(id);
    }
  }

  /** The client of this request disconnected. */
  disconnect(id) {
    this.#listening.get(id)?.abort();
  }

  /** The platform drops an alarm that throws six times; this one never throws. */
  alarm() {
    return this.#runner.alarm();
  }
}

/** Assigns turns to call Alibaba Cloud, whose rate limit applies to all callers together. */
export class Pacer extends DurableObject {
  #freeAt = 0;

  /**
   * @param {boolean} yields whether the call gives way to others
   * @returns {number | null} milliseconds to wait; null if too many calls are waiting
   */
  turn(yields) {
    const turn = core.turn(settingsOf(this.env), this.#freeAt, yields);
    if (turn) this.#freeAt = turn.freeAt;
    return turn?.waitMillis ?? null;
  }
}
