import { DurableObject } from "cloudflare:workers";
import { LedgerRunner } from "../host/ledger.js";
import { fetchTransport } from "../pkg/transport.js";
import { core, settingsOf } from "./core.js";
import { DurableStorage } from "./storage.js";

/**
 * One caller's ledger. The platform holds back what is sent, to Alibaba Cloud or to the caller, until the writes
 * before it are on disk.
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

  /** The platform gives up an alarm that throws six times; this one never does. */
  alarm() {
    return this.#runner.alarm();
  }
}

/** Gives turns to call Alibaba Cloud, whose limit counts for all callers together. */
export class Pacer extends DurableObject {
  #freeAt = 0;

  /**
   * @param {boolean} yields whether the call gives way to others
   * @returns {number | null} milliseconds to wait; null when too many wait already
   */
  turn(yields) {
    const turn = core.turn(settingsOf(this.env), this.#freeAt, yields);
    if (turn) this.#freeAt = turn.freeAt;
    return turn?.waitMillis ?? null;
  }
}
