import { pack, packObject } from "./packed.js";
import { within } from "./waits.js";

/** New credentials are fetched this long before the old ones expire. */
const REFRESH_AHEAD_MILLIS = 5 * 60 * 1000;

/**
 * Where credentials come from: fixed ones, or a function that is called once for however many
 * calls wait for it, and again shortly before its answer expires.
 */
export class CredentialsSource {
  #provider;
  #current;
  #pending;

  /** @param {object | (() => Promise<object>)} credentials */
  constructor(credentials) {
    if (typeof credentials === "function") this.#provider = credentials;
    else this.#current = held(credentials, "0");
  }

  /** What is known without asking: fixed credentials, or what a function gave last. */
  get packed() {
    return this.#current?.packed ?? NONE;
  }

  /**
   * @param {object | undefined} refused credentials of no use: Alibaba Cloud said that they have expired
   * @param {{ timeoutMillis: number, signal?: AbortSignal }} limits
   * @returns {Promise<{ value: { packed: Uint8Array } } | { error: unknown } | { ended: string }>}
   */
  async get(refused, limits) {
    const current = this.#current;
    if (!this.#provider) return { value: current };
    if (current && current !== refused && !expiresSoon(current)) return { value: current };
    if (limits.signal?.aborted) return { ended: "aborted" };
    const asked = (this.#pending ??= this.#ask());
    const got = await within(limits, asked);
    // Later calls do not wait for what one has given up.
    if (got.ended === "timed-out" && this.#pending === asked) this.#pending = undefined;
    return got;
  }

  /** The function's answer is unusable: it is asked again by the next call. */
  drop(unusable) {
    if (this.#provider && this.#current === unusable) this.#current = undefined;
  }

  #ask() {
    const asked = Promise.resolve()
      .then(this.#provider)
      .then((credentials) => held(credentials ?? {}, "1"));
    const end = (answer) => {
      if (this.#pending !== asked) return;
      this.#current = answer ?? this.#current;
      this.#pending = undefined;
    };
    asked.then(end, () => end());
    return asked;
  }
}

/** Credentials as every call hands them to the core, behind whether they can be fetched again. */
function held({ accessKeyId, accessKeySecret, securityToken, expiration }, refreshable) {
  const expiresAt = millis(expiration);
  const named = { accessKeyId, accessKeySecret, securityToken, expiration: expiresAt };
  return { expiresAt, packed: pack([refreshable, ...packObject(named)]) };
}

/** NaN for what is no date. */
function millis(expiration) {
  if (expiration === undefined || expiration === null) return undefined;
  const readable = ["string", "number"].includes(typeof expiration) || expiration instanceof Date;
  return readable ? new Date(expiration).getTime() : NaN;
}

const NONE = pack(["1", ...packObject(undefined)]);

function expiresSoon({ expiresAt }) {
  return expiresAt !== undefined && !(expiresAt - Date.now() >= REFRESH_AHEAD_MILLIS);
}
