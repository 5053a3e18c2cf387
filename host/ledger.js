import { members } from "./log.js";

/**
 * @import { Call, Finished, LedgerFailure, LedgerHost, LedgerStorage, SendOutcome, Upstream, Wait } from "./types.js"
 */

/** The delay before a failed alarm fires again; the core leaves an alarm so soon unchanged (`SOON_MILLIS` in `due.rs`). */
const ALARM_AGAIN_MS = 60_000;

const RANDOM_BYTES = 32;
/** Fetched at once: a call of Web Crypto takes longer than a step of the core. */
const random = new Uint8Array(64 * RANDOM_BYTES);
let randomLeft = 0;

function randomBytes() {
  if (randomLeft === 0) randomLeft = crypto.getRandomValues(random).length;
  randomLeft -= RANDOM_BYTES;
  return random.slice(randomLeft, randomLeft + RANDOM_BYTES);
}

/**
 * Performs the tasks of one caller's ledger: stores rows, sends requests and waits, as the core decides.
 */
export class LedgerRunner {
  #host;
  #storage;
  #ledger;
  /** What ends the waits for an order. @type {Map<string, Set<() => void>>} */
  #waiting = new Map();
  /** How many calls of each action are waiting for their turns. @type {Map<string, number>} */
  #waitingTurns = new Map();
  /** The number of live instances, as of the last step. */
  #instances = 1;
  /** Shared requests in progress. @type {Map<string, Promise<SendOutcome>>} */
  #inProgress = new Map();
  #alarmAtWork = false;
  /** The time of the alarm that has been compared with the rows. @type {number | undefined} */
  #compared;

  /**
   * @param {LedgerHost} host
   * @param {LedgerStorage} storage
   * @param {string} ledger its name in the log
   */
  constructor(host, storage, ledger) {
    this.#host = host;
    this.#storage = storage;
    this.#ledger = ledger;
  }

  /**
   * @param {string} task
   * @param {AbortSignal} [disconnected] aborts when the client disconnects
   * @returns {Promise<Finished>}
   */
  async run(task, disconnected) {
    await this.compareAlarm();
    const finished = await this.#perform(task, disconnected);
    if (!finished)
      throw new Error("A request's task ended without a reply: this is a bug of the gateway's core.");
    return finished;
  }

  /**
   * Compares the alarm with the due rows and the settings, unless that has been done since it was set. The platform
   * drops the alarm while the alarm is running, and after too many failures.
   */
  async compareAlarm() {
    if (this.#alarmAtWork) return;
    const set = await this.#storage.alarm();
    if (this.#alarmAtWork || (set !== undefined && set === this.#compared)) return;
    await this.#perform(this.#host.core.compareAlarm(set));
    this.#compared = set;
  }

  /** Throws only if the alarm cannot be set again: platforms drop an alarm that throws a few times. */
  async alarm() {
    this.#alarmAtWork = true;
    try {
      await this.#perform(this.#host.core.alarm());
    } catch (/** @type {any} */ error) {
      this.#report("alarm", "failed", members(error));
      await this.#storage.setAlarm(Date.now() + ALARM_AGAIN_MS);
    } finally {
      this.#alarmAtWork = false;
    }
  }

  /**
   * Logs and counts a failure that no response reports.
   *
   * @param {LedgerFailure} failure
   * @param {string} state
   * @param {object} details
   */
  #report(failure, state, details) {
    console.error(JSON.stringify({ [failure]: state, ledger: this.#ledger, ...details }));
    this.#host.observeFailure?.(failure, this.#ledger);
  }

  /**
   * @param {string} task
   * @param {AbortSignal} [disconnected]
   * @returns {Promise<Finished | undefined>} undefined for a task that replies to nobody
   */
  async #perform(task, disconnected) {
    const upstream = { calls: 0, millis: 0 };
    /** @type {SendOutcome | undefined} */
    let sendOutcome;
    for (;;) {
      const commit = await this.#commit(task, sendOutcome);
      // A commit sets the alarm only after comparing it with the rows.
      if (commit.alarm !== null) this.#compared = commit.alarm;
      for (const order of commit.wake) this.wake(order);
      for (const key of commit.unreadable) this.#report("row", "unreadable", { key });
      if (commit.failure) this.#report("step", "failed", { reason: commit.failure });
      if (commit.undelivered) this.#report("webhook", "given-up", commit.undelivered);
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
            `The gateway's core says "${/** @type {{ type: string }} */ (next).type}", which its host does not know: this is a bug in it.`,
          );
      }
      task = next.then;
    }
  }

  /**
   * The time and the random bytes are the same for all repetitions of one step.
   *
   * @param {string} task
   * @param {SendOutcome | undefined} sendOutcome
   */
  #commit(task, sendOutcome) {
    const { core, settings, instance, stopping } = this.#host;
    const text = settings();
    const moment = { now: Date.now(), random: randomBytes(), stopping: stopping?.() ?? false };
    return this.#storage.step((known) => {
      this.#instances = 1 + (known.others?.length ?? 0);
      return core.step(text, task, sendOutcome, known, instance, moment);
    });
  }

  /**
   * Requests with the same name share the one that is in progress.
   *
   * @param {Call} next
   * @param {Upstream} upstream
   */
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

  /**
   * @param {Call} call
   * @param {Upstream} upstream
   * @returns {Promise<SendOutcome>}
   */
  async #call({ action, request, timeoutMillis, yields }, upstream) {
    const { send, observeCall } = this.#host;
    // Without a turn, nothing is sent: the core frees the order.
    if (action !== null && !(await this.#takesTurn(action, yields))) {
      observeCall?.({ action, result: "crowded", millis: 0 });
      return { kind: "crowded" };
    }
    upstream.calls += 1;
    const began = Date.now();
    const sendOutcome = await send(request, { timeoutMillis });
    observeCall?.({
      action: action ?? "Webhook",
      result: String(sendOutcome.status ?? sendOutcome.kind),
      millis: Date.now() - began,
    });
    return sendOutcome;
  }

  /**
   * Waits for the turn to call Alibaba Cloud; false if there is none, or no lease.
   *
   * @param {string} action
   * @param {boolean} yields
   */
  async #takesTurn(action, yields) {
    // The other instances presumably have as many, because all of them share one limit.
    const waiting = this.#waitingTurns.get(action) ?? 0;
    const ofCaller = waiting * this.#instances;
    this.#waitingTurns.set(action, waiting + 1);
    try {
      const waitMillis = await this.#host.turn(action, { yields, ofCaller });
      if (waitMillis) await sleep(waitMillis);
      // Also here, and not only in `send`, where an exception leaves open whether the request was sent.
      this.#host.mustHoldLease?.();
      return waitMillis !== null;
    } catch (/** @type {any} */ error) {
      this.#report("turn", "failed", members(error));
      return false;
    } finally {
      this.#waitingTurns.set(action, (this.#waitingTurns.get(action) ?? 0) - 1);
    }
  }

  /**
   * Waits until the time is over, the order is woken or, if a client is waiting, the client disconnects.
   *
   * @param {Wait} wait
   * @param {AbortSignal} [disconnected]
   * @returns {Promise<void> | undefined}
   */
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

  /**
   * Wakes the tasks that wait for the order.
   *
   * @param {string} order
   */
  wake(order) {
    for (const end of [...(this.#waiting.get(order) ?? [])]) end();
  }
}

/**
 * @param {number} millis
 * @returns {Promise<void>}
 */
function sleep(millis) {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
