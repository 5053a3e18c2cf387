/** The types of the sandbox's input and output. */

/** The permission of a RAM user: everything, rejected with Code 411, or rejected with `Forbidden.RAM`. */
export type SandboxRam = "allowed" | "denied" | "forbidden";

export interface SandboxKey {
  accessKeyId: string;
  accessKeySecret: string;
  /** For a temporary (STS) key. The same token followed by `-expired` counts as expired. */
  securityToken?: string | undefined;
  /** Whether the key is disabled; default false. */
  disabled?: boolean | undefined;
  /** Default `"allowed"`. */
  ram?: SandboxRam | undefined;
}

export interface SandboxScene {
  /** Values above 9007199254740991 must be a string or a bigint, because a number is not exact. */
  sceneId: number | bigint | string;
  /** Whether results include the picture and its OSS object; default true. */
  pictures?: boolean | undefined;
}

export interface SandboxAccount {
  /** The account's number. */
  accountId: string;
  keys: readonly SandboxKey[];
  scenes: readonly SandboxScene[];
  /** Limit of calls per action and second; default 50, as at Alibaba Cloud. 0 means no limit. */
  callsPerSecond?: number | undefined;
}

/** Stores rows. Synchronous, so that every decision is atomic. */
export interface SandboxStore {
  /** The row's text, or null. */
  get(key: string): string | null;
  /** Key and text of all rows whose keys start with the prefix. */
  list(prefix: string): [string, string][];
  /** `expiresAt` and `now` are milliseconds by the sandbox's clock; null: never expires. */
  put(key: string, value: string, expiresAt: number | null, now: number): void;
  /** Deletes every row. */
  clear(): void;
}

export interface SandboxOptions {
  /** Replaces the demo account (`sandbox-key-id` / `sandbox-key-secret`, scene 1000000006). */
  accounts?: readonly SandboxAccount[] | undefined;
  /** Bearer token of the control API over HTTP; if not set, the API is open. */
  controlToken?: string | undefined;
  /** A file that keeps the state as well. Not available in workerd. */
  file?: string | undefined;
  /** Where the state is stored; default: in memory. */
  store?: SandboxStore | undefined;
  /** Returns the time in milliseconds; default `Date.now`. */
  now?: (() => number) | undefined;
  /** Sends callbacks to CallbackUrl; default `globalThis.fetch`. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** A verification in the control API. Contains no personal data. */
export interface SandboxVerification {
  certifyId: string;
  accountId: string;
  sceneId: string;
  outerOrderNo: string;
  productCode: string;
  /** Not submitted; in progress; submitted; or expired after 30 minutes. */
  stage: "created" | "opened" | "ended" | "expired";
  /** `yyyy-MM-ddTHH:mm:ssZ`, like the other times. */
  createdAt: string;
  expiresAt: string;
  openedAt: string | null;
  /** In the future if a scripted verification ends by itself. */
  endedAt: string | null;
  passed: boolean | null;
  subCode: string | null;
  /** The Code that DescribeFaceVerify returns instead of a verdict. */
  code: string | null;
  callback: { url: string; attempts: number; lastStatus: number | null } | null;
  /** The page that the user's browser opens; null if the verification takes place in an app. */
  certifyUrl: string | null;
  /** ReturnUrl with the result, once the verification has ended or the user has given up. */
  returnUrl: string | null;
}

export interface SandboxFault {
  kind: "latency" | "hang" | "reset" | "error" | "html" | "empty" | "truncated" | "notUtf8" | "numericCode";
  /** Default: both actions. */
  action?: "InitFaceVerify" | "DescribeFaceVerify" | undefined;
  /** The number of requests to which it applies; default 1. */
  count?: number | undefined;
  /** The number of requests to let through first; default 0. */
  skip?: number | undefined;
  /** The delay in milliseconds, for `latency`. */
  millis?: number | undefined;
  /** For `error`: a code of the API gateway, or with `action` a Code of the service. */
  code?: string | undefined;
  /** For `hang`, `reset`, `html`, `empty`, `notUtf8`: whether the request is executed anyway; default false. */
  executed?: boolean | undefined;
}

export interface SandboxClock {
  now: string;
  offsetMillis: number;
}

export interface SandboxState {
  /** Version of the sandbox. */
  sandbox: string;
  clock: SandboxClock;
  accounts: { accountId: string; accessKeyIds: string[]; sceneIds: string[]; callsPerSecond: number }[];
  faults: SandboxFault[];
}

export interface SandboxServer {
  /** `http://127.0.0.1:8788`, without a trailing slash; the loopback address if the server listens on all addresses. */
  url: string;
  port: number;
  /** Stops listening; responses in progress have a second to finish. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** An error of the control API. */
export interface SandboxError extends Error {
  code: string;
  status: number;
}

export interface Sandbox {
  /** Handles a request without a network. Pass it to a client as `fetch`; it is bound to its sandbox. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Serves over HTTP; default: a free port of 127.0.0.1. Not available in workerd. */
  listen(options?: {
    port?: number | undefined;
    host?: string | undefined;
    /** Called after each request, for a log; `status` is null if the connection ended before the response did. */
    onAnswer?:
      ((answer: { method: string; path: string; status: number | null; millis: number }) => void) | undefined;
  }): Promise<SandboxServer>;
  state(): Promise<SandboxState>;
  /** The newest 100, or those of one order. */
  verifications(filter?: { outerOrderNo?: string | undefined }): Promise<SandboxVerification[]>;
  verification(certifyId: string): Promise<SandboxVerification>;
  /** The phone opens it: DescribeFaceVerify returns 403 from then on. */
  open(certifyId: string): Promise<SandboxVerification>;
  /**
   * The user gives up without submitting: DescribeFaceVerify returns 424; it can be opened again within its 30 minutes.
   */
  giveUp(certifyId: string): Promise<SandboxVerification>;
  /**
   * The phone submits: `"passed"` (the default), a SubCode such as `"205"`, or a Code of DescribeFaceVerify such as
   * `"500"`.
   */
  submit(certifyId: string, outcome?: string): Promise<SandboxVerification>;
  advanceClock(milliseconds: number): Promise<SandboxClock>;
  /** A Date, or `yyyy-MM-ddTHH:mm:ssZ`; the clock continues from there. */
  setClock(time: Date | string): Promise<SandboxClock>;
  injectFault(fault: SandboxFault): Promise<void>;
  clearFaults(): Promise<void>;
  /** Deletes all verifications, nonces and faults, and resets the clock. */
  reset(): Promise<void>;
  /** Stops servers and callbacks, and ends requests that hang. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

declare global {
  // Declared as in TypeScript 5.2 and @types/node, for projects that have neither.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}
