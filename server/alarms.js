/** The longest timer: a timer is late after the machine sleeps or its clock changes. */
const LOOK_AGAIN_MS = 60_000;

/** Fires the store's alarms, one at a time for each ledger. */
export class Alarms {
  #store;
  #fire;
  #timer;
  #atWork = new Map();
  #stopped = false;

  /**
   * @param {import("./sqlite.js").SqliteStore} store
   * @param {(ledger: string) => Promise<void>} fire
   */
  constructor(store, fire) {
    this.#store = store;
    this.#fire = fire;
  }

  /** Sets the timer to the next alarm. */
  arm() {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    const next = this.#idle()[0]?.at ?? Infinity;
    const millis = Math.min(Math.max(next - Date.now(), 0), LOOK_AGAIN_MS);
    this.#timer = setTimeout(() => this.#look(), millis);
  }

  /** Fires no more alarms; resolves when the running ones have ended. */
  async stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#atWork.values());
  }

  #idle() {
    return this.#store.alarms().filter(({ ledger }) => !this.#atWork.has(ledger));
  }

  #look() {
    const now = Date.now();
    for (const { ledger, at } of this.#idle()) {
      if (at <= now) this.#atWork.set(ledger, this.#work(ledger, at));
    }
    this.arm();
  }

  /** The alarm stays in the store until its work is done, so a crash does not lose it. */
  async #work(ledger, at) {
    const done = () => {
      this.#atWork.delete(ledger);
      this.arm();
    };
    try {
      await this.#fire(ledger);
      this.#store.clearAlarm(ledger, at);
      done();
    } catch (error) {
      // The database cannot be written.
      console.error(JSON.stringify({ alarm: "failed", error: String(error?.name ?? "Error") }));
      setTimeout(done, LOOK_AGAIN_MS).unref();
    }
  }
}
