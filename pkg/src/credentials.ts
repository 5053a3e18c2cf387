import { pack, packObject } from "./packed.js";
import type { Credentials } from "./types.js";
import { within, type Ended, type Limits } from "./waits.js";

/** How long before their expiration credentials are refreshed, at most. */
const REFRESH_AHEAD_MILLIS = 5 * 60 * 1000;
/** The same as a part of their lifetime. */
const REFRESH_AHEAD_PART = 1 / 4;
/** How long a call waits for new credentials while those in hand are still valid. */
const REFRESH_PATIENCE_MILLIS = 2_000;
/** How long credentials are used after a refresh has failed or returned the same refused ones, before the next one. */
const REFRESH_PAUSE_MILLIS = 10_000;

/** Credentials in the core's format. */
export interface Held {
  expiresAt: number | undefined;
  receivedAt: number;
  /** Key, secret and token. */
  key: Uint8Array;
  packed: Uint8Array;
}

/** What a refusal says about credentials. If it does not prove that they are invalid, they are used while a refresh fails. */
export type KeyRefusal = "proven" | "unproven";

/** Credentials as given; the core reports what is missing. */
export type Given = { readonly [Name in keyof Credentials]?: Credentials[Name] | undefined };

/**
 * The source of credentials: a fixed value or a function. Concurrent calls share one invocation. The function is called
 * again shortly before its credentials expire, and after they were dropped or refused.
 */
export class CredentialsSource {
  readonly #provider: (() => Promise<Given>) | undefined;
  #current: Held | undefined;
  #pending: Promise<Held> | undefined;
  /** Number of invocations, and of the one that returned the current credentials. */
  #asked = 0;
  #answered = 0;
  /** Until when the function is not called again, after it returned the same refused credentials, and after it failed. */
  #sameUntil = -Infinity;
  #failedUntil = -Infinity;
  /** Set if Alibaba Cloud refused the current credentials since they were returned. */
  #refusal: KeyRefusal | undefined;

  constructor(credentials: Given | (() => Promise<Given>)) {
    if (typeof credentials === "function") this.#provider = credentials;
    else this.#current = held(credentials, "0");
  }

  /** The known credentials: the fixed ones, or those that the function returned last. */
  get packed(): Uint8Array {
    return this.#current?.packed ?? NONE;
  }

  /**
   * @param offsetMillis the measured clock skew: credentials expire by Alibaba Cloud's clock
   * @returns the credentials, or why there are none
   */
  async get(limits: Limits, offsetMillis: number): Promise<{ value?: Held; error?: unknown; ended?: Ended }> {
    const current = this.#current;
    if (!this.#provider) return current ? { value: current } : {};
    if (current && !this.#refusal && !isDue(current, offsetMillis)) return { value: current };
    if (limits.signal?.aborted) return { ended: "aborted" };
    const unexpired = current && isValid(current, offsetMillis);
    const spare = unexpired && this.#refusal !== "proven";
    if (unexpired && performance.now() < this.#sameUntil) return { value: current };
    if (spare && performance.now() < this.#failedUntil) return { value: current };
    const asked = (this.#pending ??= this.#ask(this.#provider));
    const patience = spare ? REFRESH_PATIENCE_MILLIS : Infinity;
    const got = await within({ ...limits, timeoutMillis: Math.min(limits.timeoutMillis, patience) }, asked);
    // Later calls do not wait for an invocation that has timed out.
    if (got.ended === "timed-out" && this.#pending === asked) this.#pending = undefined;
    if (got.value || got.ended === "aborted") return got;
    // The current ones again, because another call may have dropped or replaced them meanwhile.
    const still = this.#current;
    if (!still || !isValid(still, offsetMillis) || this.#refusal === "proven") return got;
    this.#failedUntil = performance.now() + REFRESH_PAUSE_MILLIS;
    return { value: still };
  }

  /** Discards unusable credentials; the next call invokes the function again. */
  drop(unusable: Held): void {
    if (this.#provider && this.#current === unusable) this.#current = undefined;
  }

  /** Has the function invoked again before credentials that Alibaba Cloud refused are used again. */
  refuse(refused: Held, refusal: KeyRefusal): void {
    if (this.#current === refused) this.#refusal = refusal;
  }

  #ask(provider: () => Promise<Given>): Promise<Held> {
    const asked = Promise.resolve()
      .then(provider)
      .then((credentials) => held(credentials ?? {}, "1"));
    const number = ++this.#asked;
    const end = (answer?: Held) => {
      if (this.#pending === asked) this.#pending = undefined;
      // Also kept if no call waits for it any more: the next one may come in time.
      if (!answer || number <= this.#answered) return;
      if (this.#refusal && this.#current && isSame(answer, this.#current))
        this.#sameUntil = performance.now() + REFRESH_PAUSE_MILLIS;
      [this.#answered, this.#current, this.#refusal] = [number, answer, undefined];
    };
    asked.then(end, () => end());
    return asked;
  }
}

/** Whether both are the same key, secret and token. */
export const isSame = ({ key: one }: Held, { key: other }: Held): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

/** Packs credentials for the core, preceded by whether they can be refreshed. */
function held(
  { accessKeyId, accessKeySecret, securityToken, expiration }: Given,
  refreshable: "0" | "1",
): Held {
  const expiresAt = millis(expiration);
  const key = { accessKeyId, accessKeySecret, securityToken };
  return {
    expiresAt,
    receivedAt: Date.now(),
    key: pack(packObject(key)),
    packed: pack([refreshable, ...packObject({ ...key, expiration: expiresAt })]),
  };
}

/** Milliseconds since 1970 of a day in 2001: a smaller number is in seconds. */
const LEAST_MILLIS = 1e12;

/** The time in milliseconds; NaN if it is not a date. */
function millis(expiration: unknown): number | undefined {
  if (expiration === undefined || expiration === null) return undefined;
  if (typeof expiration === "number" && expiration < LEAST_MILLIS) return NaN;
  const readable =
    typeof expiration === "string" || typeof expiration === "number" || expiration instanceof Date;
  return readable ? new Date(expiration).getTime() : NaN;
}

const NONE = pack(["1", ...packObject(undefined)]);

const isValid = ({ expiresAt }: Held, offsetMillis: number): boolean =>
  expiresAt === undefined || expiresAt > Date.now() + offsetMillis;

/** Whether to refresh them, also if their expiration is not a date. */
function isDue({ expiresAt, receivedAt }: Held, offsetMillis: number): boolean {
  if (expiresAt === undefined) return false;
  const lifetime = expiresAt - (receivedAt + offsetMillis);
  const ahead = Math.min(REFRESH_AHEAD_MILLIS, lifetime * REFRESH_AHEAD_PART);
  return !(expiresAt - (Date.now() + offsetMillis) > Math.max(0, ahead));
}
