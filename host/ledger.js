/** The delay before a failed alarm fires again. */
const ALARM_AGAIN_MS = 60_000;

/**
 * Performs the tasks of one caller's ledger: stores rows, sends requests and waits, as the core decides.
 */
export class LedgerRunner {
  #host;
  #storage;
  #waiting = new Map();
  #inProgress = new Map();
  #alarmAtWork = false;

  /**
   * @param {object} host
   * @param {ReturnType<typeof import("./core.js").loadCore>} host.core
   * @param {() => string} host.settings in the core's format
   * @param {string} host.instance a call ends with the instance that made it
   * @param {number} [host.pollMillis] the longest wait for an order that another instance can change unnoticed
   * @param {(action: string, yields: boolean) => Promise<number | null>} host.turn milliseconds to wait before a call;
   *   null if too many calls are waiting
   * @param {(request: object, limits: object) => Promise<object>} host.send never throws; see `pkg/src/transport.ts`
   * @param {(call: { action: string | null, kind: string, status?: number, millis: number }) => void}
   *   [host.observeCall]
   * @param {import("./storage.js").LedgerStorage} storage
   */
  constructor(host, storage) {
    this.#host = host;
    this.#storage = storage;
  }

  /**
   * @param {string} task
   * @param {AbortSignal} [disconnected] aborts when the client disconnects
   * @returns {Promise<{ reply?: object, photo?: string, upstream: { calls: number, millis: number } }>}
   */
  async run(task, disconnected) {
    // The platform drops the alarm while the alarm is running, and after too many failures.
    if (!this.#alarmAtWork) {
      const set = await this.#storage.alarm();
      if (!this.#alarmAtWork) await this.#perform(this.#host.core.wake(set ?? undefined));
    }
    return this.#perform(task, disconnected);
  }

  /** Never throws: platforms drop an alarm that throws a few times. */
  async alarm() {
    this.#alarmAtWork = true;
    try {
      await this.#perform(this.#host.core.alarm());
    } catch (error) {
      console.error(JSON.stringify({ alarm: "failed", error: String(error?.name ?? "Error") }));
      await this.#storage.setAlarm(Date.now() + ALARM_AGAIN_MS);
    } finally {
      this.#alarmAtWork = false;
    }
  }

  async #perform(task, disconnected) {
    const upstream = { calls: 0, millis: 0 };
    let sendOutcome;
    for (;;) {
      const commit = await this.#commit(task, sendOutcome);
      for (const order of commit.wake) this.wake(order);
      for (const key of commit.unreadable) console.error(JSON.stringify({ row: "unreadable", key }));
      sendOutcome = undefined;
      const { next } = commit;
      switch (next.type) {
        case "idle":
          return undefined;
        case "reply":
          return { reply: next.reply, upstream };
        case "photo":
          return { photo: next.url, upstream };
        case "send": {
          const began = Date.now();
          sendOutcome = await this.#send(next, upstream);
          upstream.millis += Date.now() - began;
          break;
        }
        case "wait":
          await this.#wait(next, disconnected);
          if (next.untilDisconnect && disconnected?.aborted) sendOutcome = { kind: "disconnected" };
          break;
        case "together":
          await Promise.all(next.tasks.map((each) => this.#perform(each)));
          break;
        case "again":
          // Yields to other tasks during a long series of steps.
          await sleep(0);
          break;
        default:
          throw new Error(
            `The gateway's core says "${next.type}", which its host does not know: this is a bug in it.`,
          );
      }
      task = next.then;
    }
  }

  /** The time and the random bytes are the same for all repetitions of one step. */
  #commit(task, sendOutcome) {
    const { core, settings, instance } = this.#host;
    const text = settings();
    const moment = { now: Date.now(), random: crypto.getRandomValues(new Uint8Array(32)) };
    return this.#storage.step((known) => core.step(text, task, sendOutcome, known, instance, moment));
  }

  /** Requests with the same name share the one that is in progress. */
  async #send(next, upstream) {
    const { share, then } = next;
    if (share === null) return this.#call(next, upstream);
    const other = this.#inProgress.get(share);
    if (other) return other;
    const sent = this.#call(next, upstream).then((sendOutcome) => ({ ...sendOutcome, sentFor: then }));
    this.#inProgress.set(share, sent);
    try {
      return await sent;
    } finally {
      this.#inProgress.delete(share);
    }
  }

  async #call({ action, request, timeoutMillis, yields }, upstream) {
    const { turn, send, observeCall } = this.#host;
    if (action !== null) {
      const waitMillis = await turn(action, yields);
      if (waitMillis === null) {
        observeCall?.({ action, kind: "crowded", millis: 0 });
        return { kind: "crowded" };
      }
      if (waitMillis > 0) await sleep(waitMillis);
    }
    upstream.calls += 1;
    const began = Date.now();
    const sendOutcome = await send(request, { timeoutMillis });
    observeCall?.({ action, kind: sendOutcome.kind, status: sendOutcome.status, millis: Date.now() - began });
    return sendOutcome;
  }

  /** Waits until the time is over, the order is woken or, if a client is waiting, the client disconnects. */
  #wait({ millis, on, untilDisconnect }, disconnected) {
    if (untilDisconnect && disconnected?.aborted) return undefined;
    if (on === null) return sleep(millis);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(on) ?? new Set();
      const end = () => {
        clearTimeout(timer);
        waiting.delete(end);
        if (waiting.size === 0) this.#waiting.delete(on);
        disconnected?.removeEventListener("abort", end);
        resolve();
      };
      if (untilDisconnect) disconnected?.addEventListener("abort", end);
      const timer = setTimeout(end, Math.min(millis, this.#host.pollMillis ?? Infinity));
      this.#waiting.set(on, waiting.add(end));
    });
  }

  /** Wakes the tasks that wait for the order. */
  wake(order) {
    for (const end of [...(this.#waiting.get(order) ?? [])]) end();
  }
}

function sleep(millis) {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
