import { DurableObject } from "cloudflare:workers";
import { LedgerRunner } from "../host/ledger.js";
import { fetchTransport } from "../pkg/dist/transport.js";
import { core, settingsOf } from "./core.js";
import { inObject } from "./durable-object.js";
import { callPoint, failurePoint, record } from "./metrics.js";
import { DurableStorage } from "./storage.js";

/**
 * @import { DurableObjectState } from "@cloudflare/workers-types"
 * @import { Finished, LedgerHost, Waiting } from "../host/types.js"
 * @import { Namespace } from "./durable-object.js"
 * @import { Dataset } from "./metrics.js"
 *
 * @typedef {{ turn(call: Waiting): Promise<number | null> }} PacerStub
 *
 * @typedef {{ PACER?: Namespace<PacerStub>, METRICS?: Dataset }} Env
 */

/**
 * One caller's ledger. The platform delays outgoing requests and responses until preceding writes are on disk.
 *
 * @extends {DurableObject<Env>}
 */
export class Ledger extends DurableObject {
  #runner;
  /** @type {Map<string, AbortController>} */
  #openRequests = new Map();

  /**
   * @param {DurableObjectState} ctx
   * @param {Env} env
   */
  constructor(ctx, env) {
    super(ctx, env);
    /** @type {LedgerHost} */
    const host = {
      core,
      settings: () => settingsOf(this.env),
      instance: crypto.randomUUID(),
      turn: async (action, call) => {
        const { PACER } = this.env;
        return PACER ? inObject(PACER, action, (pacer) => pacer.turn(call)) : 0;
      },
      send: fetchTransport(fetch),
      observeCall: (call) => record(this.env.METRICS, callPoint(call)),
      observeFailure: (failure, ledger) => record(this.env.METRICS, failurePoint(failure, ledger)),
    };
    this.#runner = new LedgerRunner(host, new DurableStorage(ctx.storage), ctx.id.name ?? String(ctx.id));
  }

  /**
   * @param {string} task
   * @param {string} id of the request
   * @returns {Promise<Finished>}
   */
  async run(task, id) {
    const disconnected = new AbortController();
    this.#openRequests.set(id, disconnected);
    try {
      return await this.#runner.run(task, disconnected.signal);
    } finally {
      this.#openRequests.delete(id);
    }
  }

  /**
   * The client of this request disconnected.
   *
   * @param {string} id
   */
  disconnect(id) {
    this.#openRequests.get(id)?.abort();
  }

  /** The platform drops an alarm that throws six times; this one throws only if its storage fails. */
  alarm() {
    return this.#runner.alarm();
  }
}

/**
 * Assigns turns to call Alibaba Cloud, whose rate limit applies to all callers together.
 *
 * @extends {DurableObject<object>}
 */
export class Pacer extends DurableObject {
  #freeAt = 0;

  /**
   * @param {Waiting} call
   * @returns {number | null} milliseconds to wait; null if too many calls are waiting
   */
  turn(call) {
    const turn = core.turn(settingsOf(this.env), this.#freeAt, call);
    if (turn) this.#freeAt = turn.freeAt;
    return turn?.waitMillis ?? null;
  }
}
