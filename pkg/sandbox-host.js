/**
 * The sandbox's host, without Node built-ins: loads the rows of a decision, stores its writes, and delivers the
 * response. All decisions are in the WebAssembly module.
 */

import { joined } from "./bytes.js";
import phoneFiles from "./wasm/phone.js";

/** One byte more than the limit of a body, so that the module detects an oversized one. */
export const READ_LIMIT = 2 * 1024 * 1024 + 1;
/** A decision needs a few rounds; more rounds than this are a bug. */
const MAX_ROUNDS = 8;
const SWEEP_EVERY = 1024;
const CALLBACK_TIMEOUT_MS = 10_000;
const RANDOM_BYTES = 32;
/** For steps that need none; workerd provides none before the first request. */
const NO_RANDOM = new Uint8Array(RANDOM_BYTES);

/** Rows in memory. Every store has these four methods, all synchronous, so that a decision is atomic. */
export class MemoryStore {
  #rows = new Map();
  #puts = 0;

  get(key) {
    return this.#rows.get(key)?.value ?? null;
  }

  list(prefix) {
    const found = [];
    for (const [key, { value }] of this.#rows) if (key.startsWith(prefix)) found.push([key, value]);
    return found;
  }

  put(key, value, expiresAt, now) {
    this.#rows.set(key, { value, expiresAt: expiresAt ?? Infinity });
    if (++this.#puts % SWEEP_EVERY === 0) this.#sweep(now);
  }

  clear() {
    this.#rows.clear();
  }

  /** All rows, as passed to `put`. */
  *entries() {
    for (const [key, { value, expiresAt }] of this.#rows)
      yield [key, value, expiresAt === Infinity ? null : expiresAt];
  }

  #sweep(now) {
    for (const [key, { expiresAt }] of this.#rows) if (expiresAt <= now) this.#rows.delete(key);
  }
}

/** A sandbox on any runtime with `fetch`, based on the module's `sandboxStep`. */
export class SandboxHost {
  #step;
  #config;
  #controlHeaders;
  #always = [];
  #store;
  #now;
  #fetch;
  #timers = new Set();
  /** Aborts pending deliveries. */
  #waiting = new Set();
  #closing = new AbortController();

  constructor(
    step,
    {
      accounts,
      controlToken,
      store = new MemoryStore(),
      now = Date.now,
      fetch = globalThis.fetch,
      ...unknown
    } = {},
  ) {
    for (const name of Object.keys(unknown)) throw new TypeError(`The sandbox has no option ${name}.`);
    this.#step = step;
    this.#config = JSON.stringify({ accounts, controlToken }, (_, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
    this.#controlHeaders = controlToken ? [["authorization", `Bearer ${controlToken}`]] : [];
    this.#store = store;
    this.#now = now;
    this.#fetch = fetch;
    try {
      // The module reads the configuration at every request; a request without effect validates it now.
      this.#run({ request: { method: "OPTIONS", path: "/", headers: [] } }, "", NO_RANDOM);
    } catch (error) {
      throw new TypeError(`The sandbox's options are not right: ${error?.message ?? error}`, {
        cause: error,
      });
    }
  }

  /**
   * Decides the response to a request, and stores the writes.
   * @returns {{ response: { status: number, headers: [string, string][], body: Uint8Array },
   *   delivery: { delayMillis: number, manner: "answer" | "hang" | "reset" } }}
   */
  handle(request, origin) {
    return this.#run({ request }, origin);
  }

  /**
   * Responds like the server; only the caller's signal or `close()` ends a hang. Can be passed to a client as `fetch`.
   */
  fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const headers = [...request.headers];
    if (!request.headers.has("host")) headers.push(["host", url.host]);
    const body = await readBounded(request.body);
    request.signal.throwIfAborted();
    const { response, delivery } = this.handle(
      { method: request.method, path: url.pathname, query: url.search.slice(1), headers, body },
      url.origin,
    );
    await this.deliver(delivery, request.signal);
    if (delivery.manner === "reset") {
      throw new TypeError("fetch failed", {
        cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
      });
    }
    const empty = request.method === "HEAD" || response.status === 204;
    return new Response(empty ? null : response.body, { status: response.status, headers: response.headers });
  };

  /** Waits for the delivery's delay; rejects if the signal or `close()` ends the wait. */
  deliver({ delayMillis, manner }, signal) {
    if (delayMillis === 0 && manner !== "hang") return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (settle) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        this.#waiting.delete(close);
        settle();
      };
      const abort = () => end(() => reject(signal.reason));
      const close = () => end(() => reject(closed()));
      const timer = manner === "hang" ? undefined : setTimeout(() => end(resolve), delayMillis);
      this.#waiting.add(close);
      signal?.addEventListener("abort", abort);
      if (signal?.aborted) abort();
      else if (this.#closing.signal.aborted) close();
    });
  }

  async state() {
    return this.#control("GET", "state");
  }

  async verifications({ outerOrderNo } = {}) {
    const query = outerOrderNo === undefined ? "" : `outerOrderNo=${encodeURIComponent(outerOrderNo)}`;
    return this.#control("GET", "verifications", undefined, query).verifications;
  }

  async verification(certifyId) {
    return this.#control("GET", `verifications/${encodeURIComponent(certifyId)}`);
  }

  async open(certifyId) {
    return this.#control("POST", `verifications/${encodeURIComponent(certifyId)}/open`);
  }

  async giveUp(certifyId) {
    return this.#control("POST", `verifications/${encodeURIComponent(certifyId)}/give-up`);
  }

  async submit(certifyId, outcome = "passed") {
    return this.#control("POST", `verifications/${encodeURIComponent(certifyId)}/submit`, { outcome });
  }

  async advanceClock(milliseconds) {
    return this.#control("POST", "clock", { advanceMs: milliseconds });
  }

  async setClock(time) {
    const set = time instanceof Date ? `${time.toISOString().slice(0, 19)}Z` : time;
    return this.#control("POST", "clock", { set });
  }

  async injectFault(fault) {
    this.#control("POST", "faults", fault);
  }

  async clearFaults() {
    this.#control("DELETE", "faults");
  }

  async reset() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#control("POST", "reset");
  }

  async close() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#closing.abort(closed());
    for (const close of this.#waiting) close();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  #control(method, path, content, query = "") {
    const body = content === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(content));
    const { response } = this.handle(
      { method, path: `/_sandbox/${path}`, query, headers: this.#controlHeaders, body },
      "",
    );
    const answer = JSON.parse(new TextDecoder().decode(response.body));
    if (response.status >= 400) {
      throw Object.assign(new Error(`${answer.message.en} ${answer.message.zh}`), {
        code: answer.code,
        status: response.status,
      });
    }
    return answer;
  }

  #run(event, origin = "", random = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES))) {
    const rows = this.#always.map((key) => [key, this.#store.get(key)]);
    const lists = [];
    // The time and the random bytes are the same for all rounds, so that the requested rows do not change.
    const now = this.#now();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { load, done } = this.#decide({ event, rows, lists, now, origin }, random);
      if (done) {
        this.#perform(done);
        if (done.file) done.response.body = new TextEncoder().encode(phoneFiles[done.file]);
        return done;
      }
      // Every decision starts with the rows that the first decision requested first.
      if (this.#always.length === 0) this.#always = load.rows;
      for (const key of load.rows) rows.push([key, this.#store.get(key)]);
      for (const prefix of load.lists) lists.push([prefix, this.#store.list(prefix)]);
    }
    throw new Error("The sandbox repeatedly requested rows: this is a bug.");
  }

  /** One call of the module; see `src/wasm/sandbox.rs`. */
  #decide({ event: { request, ...others }, ...input }, random) {
    const { body = new Uint8Array(), ...head } = request ?? {};
    const event = request ? { request: head } : others;
    const output = this.#step(JSON.stringify({ ...input, event }), body, this.#config, random);
    const end = output.indexOf(0);
    const decided = JSON.parse(new TextDecoder().decode(end < 0 ? output : output.subarray(0, end)));
    if (end >= 0) decided.done.response.body = output.subarray(end + 1);
    return decided;
  }

  #perform({ writes, callback, now }) {
    for (const write of writes) {
      if (write.op === "clear") this.#store.clear();
      else this.#store.put(write.key, write.value, write.expiresAt ?? null, now);
    }
    if (callback) this.#later(callback.delayMillis, () => this.#call(callback));
  }

  #later(milliseconds, task) {
    if (this.#closing.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void task();
    }, milliseconds);
    // Pending callbacks do not keep a test process alive.
    timer.unref?.();
    this.#timers.add(timer);
  }

  async #call({ certifyId, url }) {
    const status = await this.#fetch(url, {
      redirect: "manual",
      signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(CALLBACK_TIMEOUT_MS)]),
    }).then(
      async (response) => (await response.body?.cancel(), response.status),
      () => null,
    );
    if (!this.#closing.signal.aborted) this.#run({ callbackAnswered: { certifyId, status } });
  }
}

/**
 * A response to a request that did not reach the module or made it fail: in Alibaba Cloud's form, marked as the
 * sandbox's.
 */
export function failure(status, code, message) {
  return {
    status,
    headers: [
      ["content-type", "application/json;charset=utf-8"],
      ["x-cloudauth-sandbox", "1"],
    ],
    body: new TextEncoder().encode(JSON.stringify({ Code: code, Message: message })),
  };
}

/** A bug or a trap. Its message may quote the request. */
export function internalError(error) {
  return failure(500, "InternalError", `The sandbox failed: ${error?.name ?? "Error"}`);
}

const closed = () => new Error("The sandbox was closed.");

/** The body's bytes; of an oversized body, just enough to detect it. */
async function readBounded(stream) {
  const chunks = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= READ_LIMIT) break;
  }
  return joined(chunks, Math.min(length, READ_LIMIT));
}
