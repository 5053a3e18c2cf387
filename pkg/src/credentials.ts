import { pack, packObject } from "./packed.js";
import type { Credentials } from "./types.js";
import { within, type Ended, type Limits } from "./waits.js";

/** How long before their expiration credentials are refreshed. */
const REFRESH_AHEAD_MILLIS = 5 * 60 * 1000;

/** Credentials in the core's format. */
export interface Held {
  expiresAt: number | undefined;
  packed: Uint8Array;
}

/** Credentials as given; the core reports what is missing. */
export type Given = { readonly [Name in keyof Credentials]?: Credentials[Name] | undefined };

/**
 * The source of credentials: a fixed value or a function. Concurrent calls share one invocation, and the function
 * is called again shortly before its credentials expire.
 */
export class CredentialsSource {
  readonly #provider: (() => Promise<Given>) | undefined;
  #current: Held | undefined;
  #pending: Promise<Held> | undefined;

  constructor(credentials: Given | (() => Promise<Given>)) {
    if (typeof credentials === "function") this.#provider = credentials;
    else this.#current = held(credentials, "0");
  }

  /** The known credentials: the fixed ones, or those that the function returned last. */
  get packed(): Uint8Array {
    return this.#current?.packed ?? NONE;
  }

  /**
   * @param refused credentials that Alibaba Cloud rejected as expired
   * @returns the credentials, or why there are none
   */
  async get(
    refused: Held | undefined,
    limits: Limits,
  ): Promise<{ value?: Held; error?: unknown; ended?: Ended }> {
    const current = this.#current;
    if (!this.#provider) return current ? { value: current } : {};
    if (current && current !== refused && !expiresSoon(current)) return { value: current };
    if (limits.signal?.aborted) return { ended: "aborted" };
    const asked = (this.#pending ??= this.#ask(this.#provider));
    const got = await within(limits, asked);
    // Later calls do not wait for an invocation that has timed out.
    if (got.ended === "timed-out" && this.#pending === asked) this.#pending = undefined;
    return got;
  }

  /** Discards an unusable result of the function; the next call invokes it again. */
  drop(unusable: Held): void {
    if (this.#provider && this.#current === unusable) this.#current = undefined;
  }

  #ask(provider: () => Promise<Given>): Promise<Held> {
    const asked = Promise.resolve()
      .then(provider)
      .then((credentials) => held(credentials ?? {}, "1"));
    const end = (answer?: Held) => {
      if (this.#pending !== asked) return;
      this.#current = answer ?? this.#current;
      this.#pending = undefined;
    };
    asked.then(end, () => end());
    return asked;
  }
}

/** Packs credentials for the core, preceded by whether they can be refreshed. */
function held(
  { accessKeyId, accessKeySecret, securityToken, expiration }: Given,
  refreshable: "0" | "1",
): Held {
  const expiresAt = millis(expiration);
  const named = { accessKeyId, accessKeySecret, securityToken, expiration: expiresAt };
  return { expiresAt, packed: pack([refreshable, ...packObject(named)]) };
}

/** The time in milliseconds; NaN if it is not a date. */
function millis(expiration: unknown): number | undefined {
  if (expiration === undefined || expiration === null) return undefined;
  const readable =
    typeof expiration === "string" || typeof expiration === "number" || expiration instanceof Date;
  return readable ? new Date(expiration).getTime() : NaN;
}

const NONE = pack(["1", ...packObject(undefined)]);

function expiresSoon({ expiresAt }: Held): boolean {
  return expiresAt !== undefined && !(expiresAt - Date.now() >= REFRESH_AHEAD_MILLIS);
}
