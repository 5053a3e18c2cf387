/**
 * The sandbox's host, without Node built-ins: loads the rows of a decision, stores its writes, and delivers the
 * response. All decisions are in the WebAssembly module.
 */

import phoneFiles from "../wasm/phone.js";
import { joined } from "./bytes.js";
import { assertObject, nameOf } from "./options.js";
import type {
  SandboxClock,
  SandboxFault,
  SandboxOptions,
  SandboxResult,
  SandboxState,
  SandboxStore,
  SandboxVerification,
} from "./sandbox-types.js";
import { asText } from "./text.js";
import { onAbort } from "./waits.js";

/** A request to decide on. */
export interface SandboxRequest {
  method: string;
  path: string;
  query?: string;
  headers: [name: string, value: string][];
  body?: Uint8Array;
}

export interface SandboxResponse {
  status: number;
  headers: [name: string, value: string][];
  body: Uint8Array<ArrayBuffer>;
}

/** When and how a response is delivered. */
export interface Delivery {
  delayMillis: number;
  manner: "answer" | "hang" | "reset";
}

/** The module's `sandboxStep`. */
export type SandboxStep = (input: string, body: Uint8Array, config: string, random: Uint8Array) => Uint8Array;

/** A request, the start of this host, or the response to a callback. */
interface Event {
  request?: SandboxRequest;
  started?: Record<string, never>;
  callbackAnswered?: { certifyId: string; status: number | null };
}

interface Callback {
  certifyId: string;
  url: string;
  delayMillis: number;
}

type Write = { op: "clear" } | { op: "put"; key: string; value: string; expiresAt?: number | null };

interface Done {
  response: SandboxResponse;
  delivery: Delivery;
  writes: Write[];
  callbacks: Callback[];
  now: number;
  file?: string | null;
}

interface Input {
  event: Event;
  rows: [key: string, value: string | null][];
  lists: [prefix: string, rows: [string, string][]][];
  now: number;
  origin: string;
}

/** See `src/sandbox`: the rows that a decision needs, or the decision. */
type Output =
  { done: Done; load?: undefined } | { load: { rows: string[]; lists: string[] }; done?: undefined };

/** One byte more than a body may have (`MAX_BODY` in `src/rpc_server/request.rs`), so that the module detects an oversized one. */
export const READ_LIMIT = 2 * 1024 * 1024 + 1;
/** A decision needs a few rounds; more than this indicate a bug. */
const MAX_ROUNDS = 8;
const SWEEP_EVERY = 1024;
/** `src/sandbox/` chooses the keys. */
const VERIFICATIONS = "verification";
/** More than start within 30 minutes at 50 a second, so that none is deleted while it waits. */
const MAX_VERIFICATIONS = 100_000;
const CALLBACK_TIMEOUT_MS = 10_000;
const RANDOM_BYTES = 32;
/** For steps that need no randomness; workerd provides none before the first request. */
const NO_RANDOM = new Uint8Array(RANDOM_BYTES);

/** Rows in memory. Every store has these four methods, all of them synchronous, so that a decision is atomic. */
export class MemoryStore implements SandboxStore {
  /** By kind, oldest first. */
  #kinds = new Map<string, Map<string, { value: string; expiresAt: number }>>();
  #puts = 0;

  get(key: string): string | null {
    return this.#kinds.get(kindOf(key))?.get(key)?.value ?? null;
  }

  list(prefix: string): [string, string][] {
    const found: [string, string][] = [];
    for (const [key, value] of this.entries()) if (key.startsWith(prefix)) found.push([key, value]);
    return found;
  }

  put(key: string, value: string, expiresAt: number | null, now: number): void {
    const kind = kindOf(key);
    let rows = this.#kinds.get(kind);
    if (!rows) this.#kinds.set(kind, (rows = new Map()));
    rows.set(key, { value, expiresAt: expiresAt ?? Infinity });
    if (++this.#puts % SWEEP_EVERY === 0) this.sweep(now);
  }

  clear(): void {
    this.#kinds.clear();
  }

  /** All rows, as passed to `put`. */
  *entries(): Generator<[key: string, value: string, expiresAt: number | null]> {
    for (const rows of this.#kinds.values())
      for (const [key, { value, expiresAt }] of rows)
        yield [key, value, expiresAt === Infinity ? null : expiresAt];
  }

  get size(): number {
    let size = 0;
    for (const rows of this.#kinds.values()) size += rows.size;
    return size;
  }

  /** Deletes the rows that have expired, and the oldest verifications if there are too many. */
  protected sweep(now: number): void {
    for (const [kind, rows] of this.#kinds) {
      let surplus = kind === VERIFICATIONS ? rows.size - MAX_VERIFICATIONS : 0;
      for (const [key, { expiresAt }] of rows) if (surplus-- > 0 || expiresAt <= now) rows.delete(key);
    }
  }
}

/** A text within a path or a query; lone surrogates are replaced, and an object gives an empty text. */
const encoded = (text: unknown): string =>
  encodeURIComponent(asText(text).replace(/\p{Surrogate}/gu, "\uFFFD"));

/** As JSON, with integers that a number cannot hold as text. */
const jsonOf = (content: unknown): string =>
  JSON.stringify(content, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));

const kindOf = (key: string): string => key.split("/", 1)[0]!;

/** A sandbox on any runtime with `fetch`, based on the module's `sandboxStep`. */
export class SandboxHost {
  readonly #step: SandboxStep;
  readonly #config: string;
  readonly #controlHeaders: [string, string][];
  #always: string[] = [];
  readonly #store: SandboxStore;
  readonly #now: () => number;
  readonly #fetch: NonNullable<SandboxOptions["fetch"]>;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #closing = new AbortController();

  constructor(
    step: SandboxStep,
    {
      accounts,
      controlToken,
      store,
      // Looked up at each call, because tests replace it.
      now = () => Date.now(),
      // Not looked up later: a test may put the sandbox's own in its place.
      fetch = globalThis.fetch,
      ...unknown
    }: Omit<SandboxOptions, "file"> = {},
  ) {
    for (const name of Object.keys(unknown).map(nameOf))
      throw new TypeError(`The sandbox has no option ${name}. 沙箱没有选项 ${name}。`);
    this.#step = step;
    this.#config = jsonOf({ accounts, controlToken });
    this.#controlHeaders = controlToken ? [["authorization", `Bearer ${controlToken}`]] : [];
    this.#store = store ?? new MemoryStore();
    this.#now = now;
    this.#fetch = fetch;
    try {
      // The module reads the configuration with every request; this request has no effect and validates it now.
      this.#run({ request: { method: "OPTIONS", path: "/", headers: [] } }, "", NO_RANDOM);
    } catch (error) {
      throw new TypeError(
        `The sandbox's options are not right: ${(error as Error | undefined)?.message ?? error}`,
        {
          cause: error,
        },
      );
    }
    if (store) this.#run({ started: {} }, "", NO_RANDOM);
  }

  /** Decides the response to a request, and stores the writes. */
  handle(request: SandboxRequest, origin: string): { response: SandboxResponse; delivery: Delivery } {
    return this.#run({ request }, origin);
  }

  /**
   * Responds like the server; only the caller's signal or `close()` ends a hang. Can be passed to a client as `fetch`.
   */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const headers: [string, string][] = [...request.headers];
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
  deliver({ delayMillis, manner }: Delivery, signal?: AbortSignal): Promise<void> {
    if (delayMillis === 0 && manner !== "hang") return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        for (const release of releases) release();
        settle();
      };
      const timer = manner === "hang" ? undefined : setTimeout(() => end(resolve), delayMillis);
      const releases = [signal, this.#closing.signal].map((ending) =>
        onAbort(ending, () => end(() => reject(ending?.reason))),
      );
    });
  }

  async state(): Promise<SandboxState> {
    return this.#control<SandboxState>("GET", "state");
  }

  async verifications(filter: { outerOrderNo?: string | undefined } = {}): Promise<SandboxVerification[]> {
    assertObject("filter", filter);
    const { outerOrderNo } = filter;
    const query = outerOrderNo === undefined ? "" : `outerOrderNo=${encoded(outerOrderNo)}`;
    return this.#control<{ verifications: SandboxVerification[] }>("GET", "verifications", undefined, query)
      .verifications;
  }

  async verification(certifyId: string): Promise<SandboxVerification> {
    return this.#control("GET", `verifications/${encoded(certifyId)}`);
  }

  async open(certifyId: string): Promise<SandboxVerification> {
    return this.#control("POST", `verifications/${encoded(certifyId)}/open`);
  }

  async giveUp(certifyId: string): Promise<SandboxVerification> {
    return this.#control("POST", `verifications/${encoded(certifyId)}/give-up`);
  }

  async expire(certifyId: string): Promise<SandboxVerification> {
    return this.#control("POST", `verifications/${encoded(certifyId)}/expire`);
  }

  async submit(
    certifyId: string,
    outcome = "passed",
    result: SandboxResult = {},
  ): Promise<SandboxVerification> {
    const path = `verifications/${encoded(certifyId)}/submit`;
    return this.#control("POST", path, { ...result, outcome });
  }

  async advanceClock(milliseconds: number): Promise<SandboxClock> {
    return this.#control("POST", "clock", { advanceMs: milliseconds });
  }

  async setClock(time: Date | string): Promise<SandboxClock> {
    const set = time instanceof Date ? `${time.toISOString().slice(0, 19)}Z` : time;
    return this.#control("POST", "clock", { set });
  }

  async injectFault(fault: SandboxFault): Promise<void> {
    this.#control("POST", "faults", fault);
  }

  async clearFaults(): Promise<void> {
    this.#control("DELETE", "faults");
  }

  async reset(): Promise<void> {
    this.#control("POST", "reset");
  }

  async close(): Promise<void> {
    this.#clearTimers();
    this.#closing.abort(closed());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #control<Answer>(method: string, path: string, content?: unknown, query = ""): Answer {
    const body = content === undefined ? new Uint8Array() : new TextEncoder().encode(jsonOf(content));
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

  #run(
    event: Event,
    origin = "",
    random: Uint8Array = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)),
  ): Done {
    const rows = this.#always.map((key): [string, string | null] => [key, this.#store.get(key)]);
    const lists: Input["lists"] = [];
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

  /** Calls the module once; see `src/wasm/sandbox.rs`. */
  #decide({ event: { request, ...others }, ...input }: Input, random: Uint8Array): Output {
    const { body = new Uint8Array(), ...head } = request ?? {};
    const event = request ? { request: head } : others;
    const output = this.#step(JSON.stringify({ ...input, event }), body, this.#config, random);
    const end = output.indexOf(0);
    const decided: Output = JSON.parse(new TextDecoder().decode(end < 0 ? output : output.subarray(0, end)));
    if (end >= 0 && decided.done)
      decided.done.response.body = output.subarray(end + 1) as Uint8Array<ArrayBuffer>;
    return decided;
  }

  #perform({ writes, callbacks, now }: Done): void {
    for (const write of writes) {
      if (write.op === "clear") {
        this.#clearTimers();
        this.#store.clear();
      } else this.#store.put(write.key, write.value, write.expiresAt ?? null, now);
    }
    for (const callback of callbacks) this.#later(callback.delayMillis, () => this.#call(callback));
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #later(milliseconds: number, task: () => Promise<void>): void {
    if (this.#closing.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      task().catch(() => {});
    }, milliseconds);
    // Pending callbacks do not keep a test process alive.
    timer.unref?.();
    this.#timers.add(timer);
  }

  async #call({ certifyId, url }: Callback): Promise<void> {
    // workerd rejects `fetch` if it is called as a method of another object.
    const status = await this.#fetch
      .call(undefined, url, {
        redirect: "manual",
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(CALLBACK_TIMEOUT_MS)]),
      })
      .then(
        async (response) => (await response.body?.cancel(), response.status),
        () => null,
      );
    if (!this.#closing.signal.aborted) this.#run({ callbackAnswered: { certifyId, status } });
  }
}

/**
 * A response to a request that did not reach the module or made it fail: in Alibaba Cloud's format, marked as the
 * sandbox's.
 */
export function failure(status: number, code: string, message: string): SandboxResponse {
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
export function internalError(error: unknown): SandboxResponse {
  return failure(
    500,
    "InternalError",
    `The sandbox failed: ${(error as Error | undefined)?.name ?? "Error"}`,
  );
}

const closed = () => new Error("The sandbox was closed.");

/** The bytes of the body; of an oversized body, only enough to detect it. */
async function readBounded(stream: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= READ_LIMIT) break;
  }
  return joined(chunks, Math.min(length, READ_LIMIT));
}
