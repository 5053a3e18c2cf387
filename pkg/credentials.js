import { pack, packObject } from "./packed.js";

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
    else this.#current = held(credentials);
  }

  /** What is known without asking: fixed credentials, or what a function gave last. */
  get packed() {
    return this.#current?.packed ?? NONE;
  }

  get refreshable() {
    return this.#provider !== undefined;
  }

  /**
   * @param {object} [refused] credentials that Alibaba Cloud said have expired
   * @returns {Promise<{ packed: Uint8Array }>}
   */
  async get(refused) {
    if (!this.#provider) return this.#current;
    if (this.#current && this.#current !== refused && !expiresSoon(this.#current)) return this.#current;
    this.#pending ??= Promise.resolve()
      .then(this.#provider)
      .then((credentials) => (this.#current = held(credentials ?? {})))
      .finally(() => (this.#pending = undefined));
    return this.#pending;
  }
}

/** Credentials as every call hands them to the core. */
const held = (credentials) => ({
  expiration: credentials.expiration,
  packed: pack(packObject(credentials)),
});

const NONE = pack(packObject(undefined));

function expiresSoon({ expiration }) {
  if (expiration === undefined || expiration === null) return false;
  return new Date(expiration).getTime() - Date.now() < REFRESH_AHEAD_MILLIS;
}
