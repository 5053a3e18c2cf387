/** The types of the sandbox's input and output. */

/** The permission of a RAM user: everything, rejected with Code 411, or rejected with `Forbidden.RAM`. */
export type SandboxRam = "allowed" | "denied" | "forbidden";

/** An AccessKey that the sandbox accepts. */
export interface SandboxKey {
  /** AccessKey ID that requests name. */
  accessKeyId: string;
  /** AccessKey Secret that requests are signed with. Not a real one: it is stored in plain text. */
  accessKeySecret: string;
  /** For a temporary (STS) key. The same token followed by `-expired` counts as expired. */
  securityToken?: string | undefined;
  /** Whether the key is disabled; default false. */
  disabled?: boolean | undefined;
  /** Permissions of the key's RAM user; default `"allowed"`. */
  ram?: SandboxRam | undefined;
}

/** A scene of an account. */
export interface SandboxScene {
  /** Values above 9007199254740991 must be a string or a bigint, because a number is not exact. */
  sceneId: number | bigint | string;
  /** Whether results include the picture and its OSS object; default true. */
  pictures?: boolean | undefined;
}

/** An account of Alibaba Cloud, as the sandbox emulates it. */
export interface SandboxAccount {
  /** The account's number. */
  accountId: string;
  /** Its AccessKeys. */
  keys: readonly SandboxKey[];
  /** Its scenes; calls with another SceneId receive Code 404. */
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
  /** Writes a row. `expiresAt` and `now` are milliseconds by the sandbox's clock; null: never expires. */
  put(key: string, value: string, expiresAt: number | null, now: number): void;
  /** Deletes every row. */
  clear(): void;
}

/** Options of `createSandbox`. */
export interface SandboxOptions {
  /** Replaces the demo account (`sandbox-key-id` / `sandbox-key-secret`, scene 1000000006). */
  accounts?: readonly SandboxAccount[] | undefined;
  /** Bearer token of the control API over HTTP; if not set, the API is open. */
  controlToken?: string | undefined;
  /**
   * A file that keeps the state as well, until `close()`. A file of another program is refused, and one that another
   * sandbox uses. Not available in workerd, nor together with `store`.
   */
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
  /** The CertifyId that InitFaceVerify returned. */
  certifyId: string;
  /** The account that started it. */
  accountId: string;
  /** Its scene, as text. */
  sceneId: string;
  /** The OuterOrderNo of InitFaceVerify. */
  outerOrderNo: string;
  /** The ProductCode of InitFaceVerify. */
  productCode: string;
  /** Not submitted; in progress; submitted; or expired after 30 minutes. */
  stage: "created" | "opened" | "ended" | "expired";
  /** `yyyy-MM-ddTHH:mm:ssZ`, like the other times. */
  createdAt: string;
  /** When the CertifyId expires: 30 minutes later, or when `expire` was called. */
  expiresAt: string;
  /** When the phone opened it; null before. */
  openedAt: string | null;
  /** In the future if a scripted verification ends by itself. */
  endedAt: string | null;
  /** Whether the person passed; null before the end, and if `code` replaces the verdict. */
  passed: boolean | null;
  /** The SubCode of the verdict; null without one. */
  subCode: string | null;
  /** The Code that DescribeFaceVerify returns instead of a verdict. */
  code: string | null;
  /** Requests to CallbackUrl; null without one. */
  callback: {
    /** The CallbackUrl. */
    url: string;
    /** The number of requests. */
    attempts: number;
    /** HTTP status of the last response; null without a response. */
    lastStatus: number | null;
  } | null;
  /** The page that the user's browser opens; null if the verification takes place in an app. */
  certifyUrl: string | null;
  /** ReturnUrl with the result, once the verification has ended or the user has given up. */
  returnUrl: string | null;
}

/** Members of the result that a submission sets; by default they follow from the outcome. */
export interface SandboxResult {
  /** MaterialInfo's `faceAttack`; default `"T"` for SubCode 205. */
  faceAttack?: "T" | "F" | undefined;
  /** MaterialInfo's `faceOcclusion`, for outcomes that pass; default `"F"`. */
  faceOcclusion?: "T" | "F" | undefined;
  /** MaterialInfo's `qualityScore`, from 0 to 100; default 88.3615493774414. */
  qualityScore?: number | undefined;
  /**
   * DeviceRisk, such as `"ROOT,VPN"`, if the verification was started with `FaceGuardOutput=DeviceRisk`; default
   * `"ROOT,VPN,HOOK"` for SubCode 206, otherwise empty.
   */
  deviceRisk?: string | undefined;
}

/** A fault of the service or of the connection, for some of the next requests. */
export interface SandboxFault {
  /**
   * `latency`: a delay; `hang`: no response; `reset`: the connection breaks; `error`: an error of Alibaba Cloud; `html`: a
   * proxy's page; `empty`: no body; `body`: a body of your own; `truncated`: half of the body; `notUtf8`: a body that is
   * not text; `numericCode`: Code as a number, in responses in JSON.
   */
  kind:
    | "latency"
    | "hang"
    | "reset"
    | "error"
    | "html"
    | "empty"
    | "body"
    | "truncated"
    | "notUtf8"
    | "numericCode";
  /** The action that it applies to; default: both. */
  action?: "InitFaceVerify" | "DescribeFaceVerify" | undefined;
  /** The OuterOrderNo to whose start and queries it applies; default: all. For tests that share a sandbox. */
  outerOrderNo?: string | undefined;
  /** The AccessKeyId to whose requests it applies; default: all. */
  accessKeyId?: string | undefined;
  /** The number of requests to which it applies; default 1. */
  count?: number | undefined;
  /** The number of requests to let through first; default 0. */
  skip?: number | undefined;
  /** The delay in milliseconds; `latency` requires it, `hang` has none. */
  millis?: number | undefined;
  /** The HTTP status, for `error`, `html` and `body`: 400 to 599, for `body` also 200, its default. */
  status?: number | undefined;
  /** For `error`: a code of the API gateway, or with `action` a Code of the service. */
  code?: string | undefined;
  /** For `body`: the body, at most 65536 bytes. */
  body?: string | undefined;
  /** For `hang`, `reset`, `error`, `html`, `empty`, `body`, `notUtf8`: whether the request is executed anyway; default false. */
  executed?: boolean | undefined;
}

/** The sandbox's clock. */
export interface SandboxClock {
  /** The time, `yyyy-MM-ddTHH:mm:ssZ`. */
  now: string;
  /** Milliseconds ahead of the host's clock. */
  offsetMillis: number;
}

/** What the sandbox is set to. Contains no AccessKeySecret. */
export interface SandboxState {
  /** Version of the sandbox. */
  sandbox: string;
  /** Its clock. */
  clock: SandboxClock;
  /** Its accounts. */
  accounts: {
    /** The account's number. */
    accountId: string;
    /** The ids of its AccessKeys. */
    accessKeyIds: string[];
    /** Its scenes. */
    sceneIds: string[];
    /** Limit of calls per action and second; 0 means no limit. */
    callsPerSecond: number;
  }[];
  /** Faults that have not all occurred yet. */
  faults: SandboxFault[];
}

/** A server of the sandbox. */
export interface SandboxServer {
  /** `http://127.0.0.1:8788`, without a trailing slash; the loopback address if the server listens on all addresses. */
  url: string;
  /** The port that it listens on. */
  port: number;
  /** Stops listening; responses in progress have a second to finish. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** An error of the control API. */
export interface SandboxError extends Error {
  /** Stable name of the error. */
  code: string;
  /** HTTP status of the error over HTTP. */
  status: number;
}

/** A sandbox with its own state. Its methods reject with a `SandboxError`. */
export interface Sandbox {
  /** Handles a request without a network. Pass it to a client as `fetch`; it is bound to its sandbox. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /**
   * Serves over HTTP. Not available in workerd.
   *
   * @param options where it listens, and a log
   */
  listen(options?: {
    /** Default: a free port. */
    port?: number | undefined;
    /** The address to listen on; default `127.0.0.1`. */
    host?: string | undefined;
    /**
     * Where browsers and programs reach it, such as `https://sandbox.example`, for CertifyUrl and the URLs of pictures;
     * default: the request's Host.
     */
    publicUrl?: string | undefined;
    /** Called after each request, for a log; `status` is null if the connection ended before the response did. */
    onAnswer?:
      ((answer: { method: string; path: string; status: number | null; millis: number }) => void) | undefined;
  }): Promise<SandboxServer>;
  /** What the sandbox is set to. */
  state(): Promise<SandboxState>;
  /** The newest 100 verifications, or those of one order. */
  verifications(filter?: { outerOrderNo?: string | undefined }): Promise<SandboxVerification[]>;
  /** One verification. */
  verification(certifyId: string): Promise<SandboxVerification>;
  /** The phone opens it: DescribeFaceVerify returns 403 from then on. */
  open(certifyId: string): Promise<SandboxVerification>;
  /**
   * The user gives up without submitting: DescribeFaceVerify returns 424; it can be opened again within its 30 minutes.
   */
  giveUp(certifyId: string): Promise<SandboxVerification>;
  /**
   * The 30 minutes of a verification that waits are over: DescribeFaceVerify returns 424. Moves no clock, so it also works
   * with clients that do not correct theirs.
   */
  expire(certifyId: string): Promise<SandboxVerification>;
  /**
   * The phone submits: `"passed"` (the default), a SubCode such as `"205"`, or a Code of DescribeFaceVerify such as
   * `"500"`. `result` sets members of the result.
   */
  submit(certifyId: string, outcome?: string, result?: SandboxResult): Promise<SandboxVerification>;
  /** Moves the clock forward, so that CertifyIds, timestamps and nonces expire. Callbacks wait in real time. */
  advanceClock(milliseconds: number): Promise<SandboxClock>;
  /** Sets the clock to a Date, or to `yyyy-MM-ddTHH:mm:ssZ`; it continues from there. */
  setClock(time: Date | string): Promise<SandboxClock>;
  /** Adds a fault. The first one that matches a request applies to it. */
  injectFault(fault: SandboxFault): Promise<void>;
  /** Removes all faults. */
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
