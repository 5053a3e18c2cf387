/**
 * An emulator of Alibaba Cloud face verification (Cloudauth 2019-03-07), for development and tests:
 * it checks signatures as Alibaba Cloud does and verifies nobody. See docs/sandbox.md.
 */

/** What a RAM user may do: everything, refused with Code 411, or refused with `Forbidden.RAM`. */
export type SandboxRam = "allowed" | "denied" | "forbidden";

export interface SandboxKey {
  accessKeyId: string;
  accessKeySecret: string;
  /** For a temporary (STS) key. The same with `-expired` behind it is taken for one that has run out. */
  securityToken?: string | undefined;
  /** Whether the key was disabled; default false. */
  disabled?: boolean | undefined;
  /** Default `"allowed"`. */
  ram?: SandboxRam | undefined;
}

export interface SandboxScene {
  /** A string or a bigint beyond 9007199254740991, where a number would not be exact. */
  sceneId: number | bigint | string;
  /** Whether results carry the picture and its place in OSS; default true. */
  pictures?: boolean | undefined;
}

export interface SandboxAccount {
  /** The account's number. */
  accountId: string;
  keys: readonly SandboxKey[];
  scenes: readonly SandboxScene[];
  /** Calls of one action in a second; default 50, as Alibaba Cloud's. 0 for no limit. */
  callsPerSecond?: number | undefined;
}

/** Where rows are kept. Synchronous, so that every decision is atomic. */
export interface SandboxStore {
  /** The row's text, or null. */
  get(key: string): string | null;
  /** Key and text of every row whose key begins with the prefix. */
  list(prefix: string): [string, string][];
  /** `expiresAt` and `now` are milliseconds by the sandbox's clock; null: never expires. */
  put(key: string, value: string, expiresAt: number | null, now: number): void;
  /** Removes every row. */
  clear(): void;
}

export interface SandboxOptions {
  /** In place of the demo account (`sandbox-key-id` / `sandbox-key-secret`, scene 1000000006). */
  accounts?: readonly SandboxAccount[] | undefined;
  /** What the control API wants as bearer token over HTTP; open without one. */
  controlToken?: string | undefined;
  /** Keeps the state in this file beside memory. Not in workerd. */
  file?: string | undefined;
  /** Keeps the state there; default: in memory. */
  store?: SandboxStore | undefined;
  /** The clock in milliseconds; default `Date.now`. */
  now?: (() => number) | undefined;
  /** Sends callbacks to CallbackUrl; default `globalThis.fetch`. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** A verification as the control API shows it. It holds no personal data. */
export interface SandboxVerification {
  certifyId: string;
  accountId: string;
  sceneId: string;
  outerOrderNo: string;
  productCode: string;
  /** Nothing submitted; the person is at it; submitted; or 30 minutes passed without. */
  stage: "created" | "opened" | "ended" | "expired";
  /** `yyyy-MM-ddTHH:mm:ssZ`, like the other times. */
  createdAt: string;
  expiresAt: string;
  openedAt: string | null;
  /** In the future where a scripted verification ends by itself. */
  endedAt: string | null;
  passed: boolean | null;
  subCode: string | null;
  /** The Code that DescribeFaceVerify answers with in place of a verdict. */
  code: string | null;
  callback: { url: string; attempts: number; lastStatus: number | null } | null;
}

export interface SandboxFault {
  kind: "latency" | "hang" | "reset" | "error" | "html" | "empty" | "truncated" | "notUtf8" | "numericCode";
  /** Both actions without it. */
  action?: "InitFaceVerify" | "DescribeFaceVerify" | undefined;
  /** How many requests it hits; default 1. */
  count?: number | undefined;
  /** How many requests it lets pass before; default 0. */
  skip?: number | undefined;
  /** Milliseconds, for `latency`. */
  millis?: number | undefined;
  /** For `error`: a code of the API gateway, or with `action` a Code of the service. */
  code?: string | undefined;
  /** For `hang`, `reset`, `html`, `empty`, `notUtf8`: whether the request is executed all the same; default false. */
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
  /** `http://127.0.0.1:8788`, without a slash behind it; of a server on every address, the loopback one. */
  url: string;
  port: number;
  /** Stops listening; answers under way get a second to finish. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What the control API refused. */
export interface SandboxError extends Error {
  code: string;
  status: number;
}

export interface Sandbox {
  /** Answers a request without any network. Give it to a client as its `fetch`; it is bound to its sandbox. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Serves over HTTP; default: a free port of 127.0.0.1. Not in workerd. */
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
  /** The phone opens it: DescribeFaceVerify answers 403 from then on. */
  open(certifyId: string): Promise<SandboxVerification>;
  /** The person gives up: nothing is submitted, so DescribeFaceVerify answers 424; it may be opened again in its 30 minutes. */
  giveUp(certifyId: string): Promise<SandboxVerification>;
  /** The phone submits: `"passed"` (the default), a SubCode such as `"205"`, or a Code of DescribeFaceVerify such as `"500"`. */
  submit(certifyId: string, outcome?: string): Promise<SandboxVerification>;
  advanceClock(milliseconds: number): Promise<SandboxClock>;
  /** A Date, or `yyyy-MM-ddTHH:mm:ssZ`; the clock runs on from there. */
  setClock(time: Date | string): Promise<SandboxClock>;
  injectFault(fault: SandboxFault): Promise<void>;
  clearFaults(): Promise<void>;
  /** Forgets everything: verifications, nonces, faults, clock. */
  reset(): Promise<void>;
  /** Stops servers, callbacks and requests that hang. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes a sandbox that shares its state with no other. */
export function createSandbox(options?: SandboxOptions): Sandbox;

declare global {
  // As TypeScript 5.2 and @types/node have it, for those who have neither.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}
