import { pack, packObject } from "./packed.js";
import { within } from "./waits.js";

/** How long before their expiry credentials are refreshed. */
const REFRESH_AHEAD_MILLIS = 5 * 60 * 1000;

/**
 * The source of credentials: fixed ones, or a function; concurrent calls share one invocation, and the function is
 * called again shortly before its credentials expire.
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

  /** The known credentials: fixed ones, or those last returned by the function. */
  get packed() {
    return this.#current?.packed ?? NONE;
  }

  /**
   * @param {object | undefined} refused credentials that Alibaba Cloud rejected as expired
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
    // Later calls do not wait for an invocation that has timed out.
    if (got.ended === "timed-out" && this.#pending === asked) this.#pending = undefined;
    return got;
  }

  /** The function's result is unusable: the next call invokes it again. */
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

/** Packed credentials for the core, preceded by whether they can be refreshed. */
function held({ accessKeyId, accessKeySecret, securityToken, expiration }, refreshable) {
  const expiresAt = millis(expiration);
  const named = { accessKeyId, accessKeySecret, securityToken, expiration: expiresAt };
  return { expiresAt, packed: pack([refreshable, ...packObject(named)]) };
}

/** NaN if it is not a date. */
function millis(expiration) {
  if (expiration === undefined || expiration === null) return undefined;
  const readable = ["string", "number"].includes(typeof expiration) || expiration instanceof Date;
  return readable ? new Date(expiration).getTime() : NaN;
}

const NONE = pack(["1", ...packObject(undefined)]);

function expiresSoon({ expiresAt }) {
  return expiresAt !== undefined && !(expiresAt - Date.now() >= REFRESH_AHEAD_MILLIS);
}
