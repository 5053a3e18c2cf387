import { DurableObject } from "cloudflare:workers";
import { fetchTransport } from "../pkg/transport.js";
import { core, settingsOf } from "./core.js";

/** Far more asks than an act needs to know all it must. */
const MAX_ASKS = 100;
/** When an alarm that failed fires again. */
const ALARM_AGAIN_MS = 60_000;

/**
 * One caller's ledger: stores rows, sends requests and waits, as the core says. Decides nothing.
 *
 * Loading, deciding and writing is one synchronous transaction, so nothing comes in between. The
 * platform holds back what is sent, to Alibaba Cloud or to the caller, until the writes before it are
 * on disk.
 */
export class Ledger extends DurableObject {
  /** A call that an earlier instance made has ended with it. */
  #instance = crypto.randomUUID();
  #waiting = new Map();
  #alarmAtWork = false;
  #send = fetchTransport(fetch);

  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    );
  }

  /**
   * @param {string} task
   * @returns {Promise<{ reply?: object, photo?: string, upstream: { calls: number, millis: number } }>}
   */
  async run(task) {
    // The platform has forgotten the alarm while it is at work, and after it failed too often.
    if (!this.#alarmAtWork) {
      const set = await this.ctx.storage.getAlarm();
      if (!this.#alarmAtWork) await this.#perform(core.wake(set ?? undefined));
    }
    return this.#perform(task);
  }

  /** The platform gives up an alarm that throws six times, so this one never does. */
  async alarm() {
    this.#alarmAtWork = true;
    try {
      await this.#perform(core.alarm());
    } catch (error) {
      console.error(JSON.stringify({ alarm: "failed", error: String(error?.name ?? "Error") }));
      await this.ctx.storage.setAlarm(Date.now() + ALARM_AGAIN_MS);
    } finally {
      this.#alarmAtWork = false;
    }
  }

  async #perform(task) {
    const upstream = { calls: 0, millis: 0 };
    let happened;
    for (;;) {
      const act = this.ctx.storage.transactionSync(() => this.#act(task, happened));
      if (act.alarm !== null) await this.ctx.storage.setAlarm(act.alarm);
      for (const order of act.wake) this.#wake(order);
      happened = undefined;
      const { next } = act;
      if (next === "idle") return undefined;
      if (next.reply) return { reply: next.reply, upstream };
      if (next.photo) return { photo: next.photo.url, upstream };
      if (next.send) {
        const began = Date.now();
        happened = await this.#call(next.send, upstream);
        upstream.millis += Date.now() - began;
      }
      if (next.wait) await this.#wait(next.wait);
      if (next.together) await Promise.all(next.together.tasks.map((each) => this.#perform(each)));
      // A long row of acts lets others have their turn.
      if (next.again) await sleep(0);
      task = (next.send ?? next.wait ?? next.together ?? next.again).then;
    }
  }

  /** Asks the core until it knows enough to act, and writes what it says. */
  #act(task, happened) {
    const { sql } = this.ctx.storage;
    const rows = [];
    const ranges = [];
    const settings = settingsOf(this.env);
    const moment = { now: Date.now(), random: crypto.getRandomValues(new Uint8Array(32)) };
    for (let asks = 0; asks < MAX_ASKS; asks += 1) {
      const { need, act } = core.step(settings, task, happened, { rows, ranges }, this.#instance, moment);
      if (act) {
        for (const [key, value] of act.writes) {
          if (value === null) sql.exec("DELETE FROM rows WHERE key = ?", key);
          else sql.exec("INSERT OR REPLACE INTO rows VALUES (?, ?)", key, value);
        }
        return act;
      }
      for (const key of need.keys ?? []) {
        const [row] = sql.exec("SELECT value FROM rows WHERE key = ?", key);
        rows.push([key, row?.value ?? null]);
      }
      if (need.range) {
        const { from, to, limit, reverse } = need.range;
        const order = reverse ? "DESC" : "ASC";
        const found = sql.exec(
          `SELECT key, value FROM rows WHERE key >= ? AND key < ? ORDER BY key ${order} LIMIT ?`,
          ...[from, to, limit],
        );
        ranges.push([need.range, [...found].map(({ key, value }) => [key, value])]);
      }
    }
    throw new Error("The gateway asks for rows again and again: this is a bug in it.");
  }

  async #call({ action, request, timeoutMillis }, upstream) {
    const { PACER } = this.env;
    if (PACER && action !== null) {
      const waitMillis = await PACER.get(PACER.idFromName(action)).turn();
      if (waitMillis === null) return { kind: "crowded" };
      if (waitMillis > 0) await sleep(waitMillis);
    }
    upstream.calls += 1;
    return this.#send(request, { timeoutMillis });
  }

  /** Ends when the time is over or the order is woken. */
  #wait({ millis, on }) {
    if (on === null) return sleep(millis);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(on) ?? new Set();
      const end = () => {
        clearTimeout(timer);
        waiting.delete(end);
        if (waiting.size === 0) this.#waiting.delete(on);
        resolve();
      };
      const timer = setTimeout(end, millis);
      this.#waiting.set(on, waiting.add(end));
    });
  }

  #wake(order) {
    for (const end of [...(this.#waiting.get(order) ?? [])]) end();
  }
}

/** Gives turns to call Alibaba Cloud, whose limit counts for all callers together. */
export class Pacer extends DurableObject {
  #freeAt = 0;

  /** @returns {number | null} milliseconds to wait; null when too many wait already */
  turn() {
    const turn = core.turn(settingsOf(this.env), this.#freeAt);
    if (turn) this.#freeAt = turn.freeAt;
    return turn?.waitMillis ?? null;
  }
}

function sleep(millis) {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
