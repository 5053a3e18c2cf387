/**
 * The sandbox's host, without anything of Node: loads the rows a decision needs, stores what it
 * writes, delivers the answer as it says. All decisions are in the WebAssembly module.
 */

import phoneFiles from "./wasm/phone.js";

/** One byte more than a body may have: enough for the module to see that it is too large. */
export const READ_LIMIT = 2 * 1024 * 1024 + 1;
/** A decision reads a handful of rows; more rounds than this would be a bug. */
const MAX_ROUNDS = 8;
const SWEEP_EVERY = 1024;
const CALLBACK_TIMEOUT_MS = 10_000;
const RANDOM_BYTES = 32;
/** For what needs none; workerd gives none before the first request. */
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

  /** Every row, as `put` took it. */
  *entries() {
    for (const [key, { value, expiresAt }] of this.#rows)
      yield [key, value, expiresAt === Infinity ? null : expiresAt];
  }

  #sweep(now) {
    for (const [key, { expiresAt }] of this.#rows) if (expiresAt <= now) this.#rows.delete(key);
  }
}

/** A sandbox on any runtime with `fetch`, given the module's `sandboxStep`. */
export class SandboxHost {
  #step;
  #config;
  #controlHeaders;
  #always = [];
  #store;
  #now;
  #fetch;
  #timers = new Set();
  /** Ends each delivery that waits. */
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
      // The module reads the configuration at every request; one that changes nothing shows now whether it can.
      this.#run({ request: { method: "OPTIONS", path: "/", headers: [] } }, "", NO_RANDOM);
    } catch (error) {
      throw new TypeError(`The sandbox's options are not right: ${error?.message ?? error}`, {
        cause: error,
      });
    }
  }

  /**
   * Decides what a request is answered with, and stores what follows from it.
   * @returns {{ response: { status: number, headers: [string, string][], body: Uint8Array },
   *   delivery: { delayMillis: number, manner: "answer" | "hang" | "reset" } }}
   */
  handle(request, origin) {
    return this.#run({ request }, origin);
  }

  /** Answers as the server would; a hang ends by the caller's signal or `close()` alone. A client takes it as it is. */
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

  /** Waits as long as the delivery says; rejects when the signal or `close()` ends the waiting. */
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
    // One time and the same random bytes for all rounds: what is asked for must not change between them.
    const now = this.#now();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { need, done } = this.#decide({ event, rows, lists, now, origin }, random);
      if (done) {
        this.#perform(done);
        if (done.file) done.response.body = new TextEncoder().encode(phoneFiles[done.file]);
        return done;
      }
      // What the first decision of all asked for first, every decision begins with.
      if (this.#always.length === 0) this.#always = need.rows;
      for (const key of need.rows) rows.push([key, this.#store.get(key)]);
      for (const prefix of need.lists) lists.push([prefix, this.#store.list(prefix)]);
    }
    throw new Error("The sandbox asked for rows again and again: this is a bug in it.");
  }

  /** One call of the module, as `src/wasm/sandbox.rs` describes it. */
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
    // Waiting callbacks keep no test process alive.
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

/** An answer to what never reached the module or made it fail: in Alibaba Cloud's form, and marked as the sandbox's. */
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

/** A bug or a trap. Its message may repeat what was sent. */
export function internalError(error) {
  return failure(500, "InternalError", `The sandbox failed: ${error?.name ?? "Error"}`);
}

const closed = () => new Error("The sandbox was closed.");

/** The body's bytes, and of a larger one than allowed just enough to see that it is. */
async function readBounded(stream) {
  const chunks = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= READ_LIMIT) break;
  }
  return joined(chunks, length);
}

/** The chunks as one array, cut at the limit. */
export function joined(chunks, length) {
  const body = new Uint8Array(Math.min(length, READ_LIMIT));
  let at = 0;
  for (const chunk of chunks) {
    const part = chunk.subarray(0, body.length - at);
    body.set(part, at);
    at += part.length;
  }
  return body;
}
