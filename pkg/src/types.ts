/**
 * The types of the client's input and output.
 *
 * Members of the input may be left out or `undefined`. The output has every member of its type; without a value, it is
 * `null`.
 */

export type { DescribeFaceVerifyParameters, InitFaceVerifyParameters, SceneId } from "./parameters.js";

/** Permanent or temporary (STS) credentials. */
export interface Credentials {
  /** AccessKey ID of a RAM user, or of temporary credentials. */
  accessKeyId: string;
  /** AccessKey Secret that belongs to it. */
  accessKeySecret: string;
  /** SecurityToken of temporary credentials. */
  securityToken?: string | undefined;
  /**
   * When temporary credentials expire; a number is in milliseconds since 1970. They are refreshed earlier: by a quarter of
   * their lifetime, at most 5 minutes.
   */
  expiration?: string | number | Date | undefined;
}

/** Options of a client, other than its credentials. */
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
  /**
   * Whether CertNo may also be the number of a residence permit or of a foreign permanent resident card; with the
   * latter, CertName may be in Latin letters. Default false.
   */
  allowResidencePermits?: boolean | undefined;
  /** Whether to allow use in a browser, where every visitor can read the AccessKeySecret; default false. */
  dangerouslyAllowBrowser?: boolean | undefined;
  /** The language of `FaceVerifyError.message`; default `"en"`. Both are in `messages`. */
  language?: "zh" | "en" | undefined;
  /**
   * The fetch to use. Default: `globalThis.fetch`, except on Node, where calls go through `node:http` and `node:https`
   * with the process's own agents (connections kept alive, `NODE_EXTRA_CA_CERTS`, and, from Node 22.21 and 24.5 on,
   * `NODE_USE_ENV_PROXY`). There, a replaced or configured fetch, such as a mock or an undici dispatcher, is used only
   * if it is passed here: `fetch: (...request) => fetch(...request)`. nock and msw need nothing.
   *
   * It must send each request at most once. Do not pass one that retries, such as fetch-retry or undici's RetryAgent:
   * `execution` could be `none` although a verification was started, and the client could start another one. An error that
   * it throws for a start always has the `execution` `unknown`: it may be of another request that the function made.
   */
  fetch?: Fetch | undefined;
  /**
   * Called after each attempt, for logs and metrics, without personal data. Exceptions it throws and rejections of a
   * promise it returns are ignored.
   */
  onAttempt?: ((report: AttemptReport) => void) | undefined;
  /** Stores orders, so that each OuterOrderNo has one CertifyId; default: none. */
  orders?: OrderStore | undefined;
}

/** The used part of the Fetch API; every runtime's `globalThis.fetch` conforms. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Options of a client: at least credentials, in one of three forms. */
export type ClientOptions = CommonOptions &
  (
    | (Credentials & { credentials?: undefined })
    | {
        /**
         * Either credentials or a function that returns them. Concurrent calls share one invocation of the function,
         * which is called again before `expiration`, and when Alibaba Cloud refuses the credentials. If it hangs,
         * throws or returns unusable credentials, calls fail with an error of kind `credentials`. If it hangs or throws
         * before the last credentials have expired, calls use these, unless Alibaba Cloud has refused their key or token.
         */
        credentials: Credentials | (() => Promise<Credentials>);
        accessKeyId?: undefined;
        accessKeySecret?: undefined;
        securityToken?: undefined;
        expiration?: undefined;
      }
    | {
        /**
         * If none of these properties is given, credentials come from the environment; see
         * `credentialsFromEnvironment`.
         */
        credentials?: undefined;
        accessKeyId?: undefined;
        accessKeySecret?: undefined;
        securityToken?: undefined;
        expiration?: undefined;
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
   * A call waits for it up to 10 seconds, in addition to `totalTimeoutMs`; one second if `signal` has ended the start.
   * Call it to reconcile an unknown order with Alibaba Cloud's records.
   */
  settle(order: SettledOrder): Promise<boolean>;
  /** The order, or null. */
  read(outerOrderNo: string): Promise<StoredOrder | null>;
}

/** An order in a store. Contains no personal data. */
export interface StoredOrder {
  /** The caller's order number, the key of the store. */
  outerOrderNo: string;
  /** Keyed hash of all parameters: 64 hexadecimal digits. */
  fingerprint: string;
  /** Identifies the start: 32 hexadecimal digits. */
  attempt: string;
  /** `starting` after `until` means `unknown`: the process has crashed. */
  state: "starting" | "started" | "unknown";
  /** The end of the start's time limit, in milliseconds since 1970. */
  until: number;
  /** Alibaba Cloud's CertifyId; null unless `state` is `started`. */
  certifyId: string | null;
  /** Alibaba Cloud's CertifyUrl, for web flows. */
  certifyUrl: string | null;
  /** Alibaba Cloud's RequestId of the start, or of its failure. */
  requestId: string | null;
}

/** An order with the outcome of its start; `failed`: nothing was started. */
export interface SettledOrder extends Omit<StoredOrder, "state"> {
  /** `started`: there is a CertifyId. `unknown`: a verification may have been started. `failed`: provably not. */
  state: "started" | "unknown" | "failed";
}

/** A request and its outcome. Contains no personal data. */
export interface AttemptReport {
  /** The action that was called. */
  action: "InitFaceVerify" | "DescribeFaceVerify";
  /** Starts at 1. */
  attempt: number;
  /** Host and port. */
  endpoint: string;
  /** Milliseconds since 1970. */
  beganAt: number;
  /** Milliseconds until the response was read, or until the attempt failed. */
  durationMs: number;
  /** Null without a response. */
  httpStatus: number | null;
  /** The error's kind; null if there is none. */
  kind: ErrorKind | null;
  /** Alibaba Cloud's Code, or the error's. */
  code: string;
  /** Alibaba Cloud's RequestId, by which its support finds the request; null without one. */
  requestId: string | null;
  /**
   * Milliseconds until the next attempt; null if this is the last one. The call can end before that attempt, for example if it
   * is aborted; no further report follows then.
   */
  retryInMs: number | null;
}

/**
 * What the channel `cloudauth-edge:call` of `node:diagnostics_channel` publishes at the end of each call. A call that fails
 * in `orders` is also published.
 */
export interface CallReport {
  /** The action that was called. */
  action: AttemptReport["action"];
  /** Milliseconds since 1970. */
  beganAt: number;
  /** Milliseconds of the whole call, with back-off and the store of `orders`. */
  durationMs: number;
  /** In order; empty if nothing was sent. */
  attempts: AttemptReport[];
  /** The error's kind; null if the call succeeded. */
  kind: ErrorKind | null;
  /** Alibaba Cloud's Code, or the error's. */
  code: string;
  /** Alibaba Cloud's RequestId of the last attempt; null without one. */
  requestId: string | null;
}

/** Options of one call. */
export interface CallOptions {
  /**
   * Aborts the call immediately, with an error of kind `aborted`. With `orders`, storing the outcome can prolong it: see
   * `OrderStore.settle`.
   */
  signal?: AbortSignal | undefined;
}

/** A change that was made to a parameter of a start, or a warning about it. Never contains its value. */
export interface StartNotice {
  /** The parameter. */
  field: string;
  /** Stable name of the rule. */
  rule: string;
  /** What was changed, or what the warning is about. */
  message: Messages;
}

/** A verification that Alibaba Cloud has started. */
export interface InitFaceVerifyResult {
  /** 实人认证唯一标识: valid for 30 minutes and one submission. Store it with the order, on the server. */
  certifyId: string;
  /** URL of Alibaba Cloud's web page, for web flows. */
  certifyUrl: string | null;
  /** Alibaba Cloud's Code: `200`. */
  code: string;
  /** Alibaba Cloud's Message; null for an order that `orders` already had. */
  message: string | null;
  /** Alibaba Cloud's RequestId of the start. */
  requestId: string | null;
  /** Changes to the parameters, such as `upper-case-x`, and warnings; empty for an order that `orders` already had. */
  notices: StartNotice[];
  /** ResultObject, with unknown members; empty for an order that `orders` already had. Large numbers are rounded. */
  raw: Record<string, unknown>;
}

/**
 * Base decisions only on `status`; which other members there are depends on it. While a verification is pending, the
 * members of a verdict are null, and the type does not have them.
 */
export type DescribeFaceVerifyResult = PendingResult | PassedResult | RejectedResult;

/** The user has not finished. */
export interface PendingResult {
  /** No verdict yet. */
  status: "pending";
  /** Alibaba Cloud's Code: `403` or `424`. */
  code: string;
  /** Alibaba Cloud's Message. */
  message: string | null;
  /** Alibaba Cloud's RequestId of this query. */
  requestId: string | null;
  /** ResultObject, including unknown members. Numbers of more than 15 digits are rounded, as by `JSON.parse`. */
  raw: Record<string, unknown>;
}

/** Alibaba Cloud returned `Passed=T` and nothing in the response contradicts it. */
export interface PassedResult extends Verdict {
  /** For the meaning of `passed` with each ProductCode, see `productCode` of InitFaceVerify. */
  status: "passed";
}

/** Alibaba Cloud returned `Passed=F`. */
export interface RejectedResult extends Verdict {
  /** `subCode` states the reason. */
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
  /** The meaning of the SubCode; null if it is not in Alibaba Cloud's tables, or contradicts the status. */
  subCodeInfo: SubCodeInfo | null;
  /** MaterialInfo, parsed. */
  material: Material | null;
  /** IdentityInfo, parsed as JSON; its content is undocumented. Personal data. Null if absent. */
  identityInfo: unknown;
  /** 设备 token: Alibaba Cloud's token of the device; null if absent. */
  deviceToken: string | null;
  /** Risks of the device, if `faceGuardOutput` requested them. */
  deviceRisk: string[];
  /** UserInfo, parsed as JSON; its content is undocumented. Personal data. Null if absent. */
  userInfo: unknown;
  /** Alibaba Cloud's RequestId of this query. */
  requestId: string | null;
  /** ResultObject, including unknown members. Numbers of more than 15 digits are rounded, as by `JSON.parse`. */
  raw: Record<string, unknown>;
}

/** Material of the verification. Personal data. Members that Alibaba Cloud did not return are null. */
export interface Material {
  /** Whether Alibaba Cloud saw an attack on the liveness detection. */
  faceAttack: boolean | null;
  /** Whether the face was covered; only with a verdict that passed. */
  faceOcclusion: boolean | null;
  /** The photo taken during the verification. */
  facialPictureFront: Picture | null;
  /** MaterialInfo, including unknown members. Numbers of more than 15 digits are rounded. */
  raw: Record<string, unknown>;
}

/** A photo and where it is stored. */
export interface Picture {
  /** Quality of the face in the photo, 0 to 100. */
  qualityScore: number | null;
  /** Similarity to the photo compared with, with products that compare. Its scale is undocumented. */
  verifyScore: number | null;
  /** A signed URL; treat it as a secret. */
  pictureUrl: string | null;
  /** When `pictureUrl` expires: yyyy-MM-ddTHH:mm:ssZ, 15 minutes after the query. */
  pictureUrlExpiresAt: string | null;
  /** Your OSS bucket with the photo. */
  ossBucketName: string | null;
  /** The name of the photo in that bucket. */
  ossObjectName: string | null;
}

/** The meaning of a SubCode; docs/codes.md lists all of them. */
export interface SubCodeInfo {
  /** The SubCode. */
  code: string;
  /** Alibaba Cloud's description, in Chinese. */
  vendorMessage: string;
  /** Whether the verification is billed; null if undocumented. */
  billed: boolean | null;
  /** Whether a verdict with this SubCode is `Passed=T`. */
  passing: boolean;
  /** Whether it is possible with ProductCode `LR_FR`. */
  inVendorDocument: boolean;
  /** The party that can do something about a rejection. */
  audience: Audience;
  /** Whether a new verification of the same person can have a different result. */
  retryable: boolean;
  /** The meaning and what to do. */
  messages: Messages;
}

/**
 * Whether a call may have started a verification: `none` means provably not, `unknown` means that it or, for an order
 * whose outcome was unknown before, an earlier call may have.
 */
export type Execution = "none" | "unknown";

/** A text in both languages, without personal data. */
export interface Messages {
  /** Chinese. */
  zh: string;
  /** English. */
  en: string;
}

/** The party that must act: the user being verified, the developer, or the operator. */
export type Audience = "user" | "developer" | "operator";

/**
 * Why a call failed.
 *
 * - `validation`: the program must be corrected: a parameter or option in `fields`, or its fetch function. From the
 *   gateway also an unknown order, and an order number with other input
 * - `signature`: Alibaba Cloud rejected the signature, the nonce or the timestamp; not from `GatewayClient`
 * - `credentials`: Alibaba Cloud rejected the AccessKey, the SecurityToken or the permissions, or there are none. With
 *   `GatewayClient`, the same of the gateway's token and its permissions
 * - `throttled`: too many calls; retry later. From the gateway also a limit of a day
 * - `vendor`: Alibaba Cloud returned another Code than 200, 403 or 424. From the gateway also a response of Alibaba
 *   Cloud's that it could not use
 * - `transport`: the connection failed. From the gateway also every other failure of its own, an order that is being
 *   started, and one whose start has an unknown outcome
 * - `timeout`: no complete response arrived in time
 * - `aborted`: the program aborted the call by its `signal`
 * - `protocol`: the response does not match Alibaba Cloud's documentation, or is not the gateway's
 * - `order`: `orders` does not allow the start, or failed; not from `GatewayClient`
 */
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

/** What is wrong with one parameter, option or credential. Never contains its value. */
export interface FieldProblem {
  /** Field or option, in camelCase. */
  field: string;
  /** The stable name of the violated rule. */
  rule: string;
  /** What is wrong and how to fix it, in the client's language. */
  message: string;
  /** The same in both languages. */
  messages: Messages;
}

/** Options of `waitForResult`. */
export interface WaitOptions extends CallOptions {
  /**
   * Time limit in milliseconds, including a query in progress; default 120000. `0` makes a single query, including its
   * retries.
   */
  deadlineMs?: number | undefined;
  /** Called for every `pending` response. If it returns a promise, the next query waits for it. An error ends the wait. */
  onPending?: ((result: PendingResult) => void) | undefined;
}

/** The content of a request to your CallbackUrl. It is not signed: trust only the result of `describeFaceVerify`. */
export interface Callback {
  /** Look it up in your own records. */
  certifyId: string;
  /** Whether it contains your CallbackToken (compared in constant time). If not, do nothing. */
  tokenValid: boolean;
  /** What the request claims about `Passed`; anybody can forge it. Null if it claims nothing. */
  claimsPassed: boolean | null;
  /** The SubCode that the request claims; anybody can forge it. Null if it claims none. */
  claimedSubCode: string | null;
}
