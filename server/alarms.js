import { logFailure } from "../host/log.js";

/** @import { LedgerHost, Store } from "../host/types.js" */

/** Maximum timer: a timer fires late if the machine sleeps or its clock changes. */
const LOOK_AGAIN_MS = 60_000;

/** Fires the store's alarms, one at a time for each ledger. */
export class Alarms {
  #store;
  #fire;
  #observeFailure;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #nextLook = Infinity;
  /** The look that reads the store, and whether another one must follow it. @type {Promise<void> | undefined} */
  #looking;
  #again = false;
  /** @type {Map<string, Promise<void>>} */
  #atWork = new Map();
  #stopped = false;

  /**
   * @param {Pick<Store, "takeAlarms" | "clearAlarm" | "pollMillis">} store
   * @param {(ledger: string) => Promise<void>} fire
   * @param {LedgerHost["observeFailure"]} [observeFailure]
   */
  constructor(store, fire, observeFailure) {
    this.#store = store;
    this.#fire = fire;
    this.#observeFailure = observeFailure;
  }

  /** Looks at the store no later than this time. */
  arm(at = Date.now()) {
    if (this.#stopped || at >= this.#nextLook) return;
    clearTimeout(this.#timer);
    this.#nextLook = at;
    const millis = Math.min(Math.max(at - Date.now(), 0), LOOK_AGAIN_MS);
    this.#timer = setTimeout(() => this.#look(), millis);
  }

  /** Stops firing alarms; resolves when the running ones have ended. */
  async stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await Promise.all(this.#atWork.values());
  }

  #look() {
    this.#nextLook = Infinity;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#again = false;
    this.#looking = this.#take().finally(() => {
      this.#looking = undefined;
      if (this.#again) this.arm();
    });
  }

  async #take() {
    const now = Date.now();
    let next = now + (this.#store.pollMillis ?? LOOK_AGAIN_MS);
    try {
      const found = await this.#store.takeAlarms(now, [...this.#atWork.keys()]);
      for (const { ledger, at } of found.due) this.#atWork.set(ledger, this.#work(ledger, at));
      next = Math.min(next, found.next ?? Infinity);
    } catch (error) {
      this.#report(error);
    }
    this.arm(next);
  }

  /**
   * @param {unknown} error
   * @param {string} [ledger] none if the alarms of all ledgers could not be read
   */
  #report(error, ledger) {
    logFailure({ alarm: "failed", ledger }, error);
    this.#observeFailure?.("alarm", ledger);
  }

  /**
   * The alarm stays in the store until its work is done, so a crash does not lose it.
   *
   * @param {string} ledger
   * @param {number} at
   */
  async #work(ledger, at) {
    const done = () => {
      this.#atWork.delete(ledger);
      this.arm();
    };
    try {
      await this.#fire(ledger);
      await this.#store.clearAlarm(ledger, at);
      done();
    } catch (error) {
      this.#report(error, ledger);
      setTimeout(done, LOOK_AGAIN_MS).unref();
    }
  }
}
