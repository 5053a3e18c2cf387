// The deployed Worker, with ways to do to a ledger what the platform may do: end its instance at
// any point, lose its alarm, let its alarm fail, fill the disk, set the clock, or receive a URL as it was sent.

import worker, { Ledger as Deployed, Pacer } from "../../worker.js";

export { Pacer };

const RealDate = Date;
let shift = 0;
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [RealDate.now() + shift] : parts));
  }
  static now = () => RealDate.now() + shift;
};

export class Ledger extends Deployed {
  /** Memory and all work in progress are lost; stored rows remain. */
  evict() {
    this.ctx.abort("evicted");
  }

  /** Makes work due now and drops the platform's alarm. */
  async lose(no) {
    const due = `due/${String(Date.now()).padStart(15, "0")}/check/${no}`;
    this.ctx.storage.sql.exec("INSERT INTO rows VALUES (?, '1')", due);
    await this.ctx.storage.deleteAlarm();
  }

  /** No row has space. */
  fill() {
    this.ctx.storage.sql.exec(
      "CREATE TRIGGER full BEFORE INSERT ON rows BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    );
  }

  free() {
    this.ctx.storage.sql.exec("DROP TRIGGER full");
  }

  /**
   * Fires the alarm while a setting is invalid. Returns whether it threw, and when it fires again.
   */
  async fail() {
    const { env } = this;
    this.env = { ...env, GATEWAY_CALLERS: "wrong" };
    let threw = false;
    try {
      await this.alarm();
    } catch {
      threw = true;
    }
    this.env = env;
    return { threw, again: (await this.ctx.storage.getAlarm()) - Date.now() };
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    const [, millis] = pathname.match(/^\/_clock\/(-?\d+)$/) ?? [];
    if (millis) {
      shift = Number(millis);
      return new Response(null, { status: 204 });
    }
    const target = request.headers.get("x-target");
    if (target) {
      // workerd does not parse a URL, but the proxy of wrangler dev and the constructor of Request do.
      const { method, headers, body, signal } = request;
      const url = /^https?:/.test(target) ? target : new URL(request.url).origin + target;
      const ASSETS = { fetch: (asked) => env.ASSETS.fetch(asked.url) };
      return worker.fetch({ url, method, headers, body, signal }, { ...env, ASSETS }, ctx);
    }
    const [, what, caller, order] =
      pathname.match(/^\/_(evict|lose|fail|fill|free)\/([a-z]+)(?:\/.*\/(\w+)\/\w+)?$/) ?? [];
    if (!what) return worker.fetch(request, env, ctx);
    const ledger = env.LEDGER.get(env.LEDGER.idFromName(caller));
    if (what === "fail") return Response.json(await ledger.fail());
    if (what === "lose") await ledger.lose(order);
    else if (what === "evict") await ledger.evict().catch(() => {});
    else await ledger[what]();
    return new Response(null, { status: 204 });
  },
};
