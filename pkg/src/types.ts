/**
 * The types of the client's input and output.
 *
 * Members of the input may be left out or `undefined`. The output has every member of its type; without a value, it is
 * `null`.
 */

export type { DescribeFaceVerifyParameters, InitFaceVerifyParameters, SceneId } from "./parameters.js";

/** Permanent or temporary (STS) credentials. */
export interface Credentials {
  accessKeyId: string;
  accessKeySecret: string;
  /** SecurityToken of temporary credentials. */
  securityToken?: string | undefined;
  /** When temporary credentials expire. They are refreshed five minutes earlier. */
  expiration?: string | number | Date | undefined;
}

export interface CommonOptions {
  /**
   * Host, or hosts in fail-over order; default `cloudauth.aliyuncs.com`. HTTPS is required; `http://` is allowed for a
   * loopback address, such as the sandbox's `http://127.0.0.1:8788`, and, with one of the sandbox's keys, for private
   * hosts: `http://sandbox:8788`, `http://host.docker.internal:8788`, a private address.
   */
  endpoint?: string | readonly string[] | undefined;
  /**
   * Signature scheme; default `"1.0"` (HMAC-SHA1), which keeps every parameter in the form body.
   *
   * **With `"ACS3-HMAC-SHA256"`, names and identity numbers are part of the URL**, because Alibaba Cloud defines them
   * as query parameters, and appear in the access logs of every proxy on the way.
   */
  signatureVersion?: "1.0" | "ACS3-HMAC-SHA256" | undefined;
  /** Time limit of one attempt in milliseconds, including the response body; default 10000. */
  timeoutMs?: number | undefined;
  /**
   * Time limit of a whole call in milliseconds, including the credentials function, all attempts and back-off; default
   * 30000.
   */
  totalTimeoutMs?: number | undefined;
  /** Maximum number of attempts per call; default 3. */
  maxAttempts?: number | undefined;
  /**
   * Whether to retry InitFaceVerify even if it may have been executed, which can start a second verification; default
   * false.
   */
  repeatInit?: boolean | undefined;
  /** Whether ProductCodes other than `LR_FR` are accepted; default false. */
  allowOtherProducts?: boolean | undefined;
  /** Whether CertNo can be the number of a residence permit or a foreign permanent resident card; default false. */
  allowResidencePermits?: boolean | undefined;
  /** Whether to allow use in a browser, where every visitor can read the AccessKeySecret; default false. */
  dangerouslyAllowBrowser?: boolean | undefined;
  /** The language of `FaceVerifyError.message`; default `"en"`. Both are in `messages`. */
  language?: "zh" | "en" | undefined;
  /**
   * The fetch to use. Default: `globalThis.fetch`, except on Node, where calls go through `node:http` and `node:https`
   * with the process's own agents (connections kept alive, `NODE_USE_ENV_PROXY`, `NODE_EXTRA_CA_CERTS`). There, a
   * replaced or configured fetch, such as a mock or an undici dispatcher, is used only if it is passed here: `fetch:
   * (...request) => fetch(...request)`. nock and msw need nothing.
   */
  fetch?: Fetch | undefined;
  /** Called after each attempt, for logs and metrics, without personal data. Exceptions are ignored. */
  onAttempt?: ((report: AttemptReport) => void) | undefined;
  /** Stores orders, so that each OuterOrderNo has one CertifyId; default: none. */
  orders?: OrderStore | undefined;
}

/** The used part of the Fetch API; every runtime's `globalThis.fetch` conforms. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type ClientOptions = CommonOptions &
  (
    | (Credentials & { credentials?: undefined })
    | {
        /**
         * Either credentials or a function that returns them. Concurrent calls share one invocation of the function,
         * which is called again before `expiration`. If it hangs, throws or returns unusable credentials, calls fail
         * with an error of kind `credentials`.
         */
        credentials: Credentials | (() => Promise<Credentials>);
        accessKeyId?: undefined;
        accessKeySecret?: undefined;
        securityToken?: undefined;
      }
    | {
        /**
         * If none of these four properties is given, credentials come from the environment; see
         * `credentialsFromEnvironment`.
         */
        credentials?: undefined;
        accessKeyId?: undefined;
        accessKeySecret?: undefined;
        securityToken?: undefined;
      }
  );

/**
 * A store of orders: three functions, each one database statement. docs/guide/orders.md contains them in SQL and for some
 * libraries; `memoryOrders` of `cloudauth-edge/orders` is a store for tests.
 */
export interface OrderStore {
  /**
   * The key of `fingerprint`: at least 32 characters, the same in all processes and for as long as orders are stored.
   * Without a key, names and identity numbers could be found from the hash.
   */
  readonly secret: string;
  /** Atomically inserts the order unless its OuterOrderNo exists; returns whether it was inserted. */
  begin(order: StoredOrder): Promise<boolean>;
  /**
   * Settles the order with this OuterOrderNo and this `attempt` whose state is not `started`: deletes it if the new state is
   * `failed`, otherwise writes the new state, CertifyId, CertifyUrl and RequestId. Returns whether such an order existed.
   * Call it to reconcile an unknown order with Alibaba Cloud's records.
   */
  settle(order: SettledOrder): Promise<boolean>;
  /** The order, or null. */
  read(outerOrderNo: string): Promise<StoredOrder | null>;
}

/** An order in a store. Contains no personal data. */
export interface StoredOrder {
  outerOrderNo: string;
  /** Keyed hash of all parameters: 64 hexadecimal digits. */
  fingerprint: string;
  /** Identifies the start: 32 hexadecimal digits. */
  attempt: string;
  /** `starting` after `until` means `unknown`: the process has crashed. */
  state: "starting" | "started" | "unknown";
  /** Milliseconds since 1970. */
  until: number;
  certifyId: string | null;
  certifyUrl: string | null;
  requestId: string | null;
}

/** An order with the outcome of its start; `failed`: nothing was started. */
export interface SettledOrder extends Omit<StoredOrder, "state"> {
  state: "started" | "unknown" | "failed";
}

export interface AttemptReport {
  action: "InitFaceVerify" | "DescribeFaceVerify";
  /** Starts at 1. */
  attempt: number;
  /** Host and port. */
  endpoint: string;
  /** Milliseconds since 1970. */
  beganAt: number;
  durationMs: number;
  /** Null without a response. */
  httpStatus: number | null;
  /** The error's kind; null if there is none. */
  kind: ErrorKind | null;
  /** Alibaba Cloud's Code, or the error's. */
  code: string;
  requestId: string | null;
  /** Milliseconds until the next attempt, if any. */
  retryInMs: number | null;
}

/** What the channel `cloudauth-edge:call` of `node:diagnostics_channel` publishes at the end of each call. */
export interface CallReport {
  action: AttemptReport["action"];
  /** Milliseconds since 1970. */
  beganAt: number;
  durationMs: number;
  /** In their order; none if nothing was sent. */
  attempts: AttemptReport[];
  /** The error's kind; null if the call succeeded. */
  kind: ErrorKind | null;
  /** Alibaba Cloud's Code, or the error's. */
  code: string;
  requestId: string | null;
}

export interface CallOptions {
  /** Aborts the call immediately, with an error of kind `aborted`. */
  signal?: AbortSignal | undefined;
}

export interface InitFaceVerifyResult {
  /** 实人认证唯一标识: valid for 30 minutes and one submission. Store it with the order, on the server. */
  certifyId: string;
  /** URL of Alibaba Cloud's web page, for web flows. */
  certifyUrl: string | null;
  /** Alibaba Cloud's Code: `200`. */
  code: string;
  /** Alibaba Cloud's Message; null for an order that `orders` already had. */
  message: string | null;
  requestId: string | null;
  /** The unchanged ResultObject; empty for an order that `orders` already had. */
  raw: Record<string, unknown>;
}

/**
 * Base decisions only on `status`; which other members there are depends on it. While a verification is pending, the
 * members of a verdict are null, and the type does not have them.
 */
export type DescribeFaceVerifyResult = PendingResult | PassedResult | RejectedResult;

/** The user has not finished. */
export interface PendingResult {
  status: "pending";
  /** Alibaba Cloud's Code: `403` or `424`. */
  code: string;
  /** Alibaba Cloud's Message. */
  message: string | null;
  requestId: string | null;
  /** The unchanged ResultObject, including unknown members. */
  raw: Record<string, unknown>;
}

/** Alibaba Cloud returned `Passed=T` and nothing in the response contradicts it. */
export interface PassedResult extends Verdict {
  status: "passed";
}

/** Alibaba Cloud returned `Passed=F`. */
export interface RejectedResult extends Verdict {
  status: "rejected";
}

/** What both verdicts have. */
export interface Verdict {
  /** Alibaba Cloud's Code: `200`. */
  code: string;
  /** Alibaba Cloud's Message. */
  message: string | null;
  /** Alibaba Cloud's SubCode. */
  subCode: string | null;
  /** The meaning of the SubCode; null if it is not in Alibaba Cloud's tables. */
  subCodeInfo: SubCodeInfo | null;
  /** MaterialInfo, parsed. */
  material: Material | null;
  identityInfo: unknown;
  deviceToken: string | null;
  /** Risks of the device, if `faceGuardOutput` requested them. */
  deviceRisk: string[];
  userInfo: unknown;
  requestId: string | null;
  /** The unchanged ResultObject, including unknown members. */
  raw: Record<string, unknown>;
}

export interface Material {
  faceAttack: boolean | null;
  faceOcclusion: boolean | null;
  facialPictureFront: Picture | null;
  /** The unchanged MaterialInfo, including unknown members. */
  raw: Record<string, unknown>;
}

export interface Picture {
  /** 0 to 100. */
  qualityScore: number | null;
  verifyScore: number | null;
  /** A signed URL; treat it as a secret. */
  pictureUrl: string | null;
  /** When `pictureUrl` expires: yyyy-MM-ddTHH:mm:ssZ, 15 minutes after the query. */
  pictureUrlExpiresAt: string | null;
  ossBucketName: string | null;
  ossObjectName: string | null;
}

export interface SubCodeInfo {
  code: string;
  vendorMessage: string;
  /** Whether the verification is billed; null if undocumented. */
  billed: boolean | null;
  passing: boolean;
  inVendorDocument: boolean;
  audience: Audience;
  /** Whether a new verification of the same person can have a different result. */
  retryable: boolean;
  messages: Messages;
}

export type Execution = "none" | "unknown";

export interface Messages {
  zh: string;
  en: string;
}

/** The party that must act: the user being verified, the developer, or the operator. */
export type Audience = "user" | "developer" | "operator";

export type ErrorKind =
  | "validation"
  | "signature"
  | "credentials"
  | "throttled"
  | "vendor"
  | "transport"
  | "timeout"
  | "aborted"
  | "protocol"
  | "order";

export interface FieldProblem {
  /** Field or option, in camelCase. */
  field: string;
  /** The stable name of the violated rule. */
  rule: string;
  message: string;
  messages: Messages;
}

export interface WaitOptions extends CallOptions {
  /** Time limit in milliseconds, including a query in progress; default 120000. */
  deadlineMs?: number | undefined;
  /** Called for every `pending` response. */
  onPending?: ((result: PendingResult) => void) | undefined;
}

/** The content of a request to your CallbackUrl. It is not signed: trust only the result of `describeFaceVerify`. */
export interface Callback {
  /** Look it up in your own records. */
  certifyId: string;
  /** Whether it contains your CallbackToken (compared in constant time). If not, do nothing. */
  tokenValid: boolean;
  claimsPassed: boolean | null;
  claimedSubCode: string | null;
}
