/** The requests and responses of the gateway's REST API. A test compares these types with its OpenAPI description. */

import type {
  CallOptions,
  InitFaceVerifyParameters,
  Audience,
  Messages,
  SceneId,
  StartNotice,
} from "./types.js";

/** Options of a `GatewayClient`. */
export interface GatewayOptions {
  /** The gateway's URL: `https://verify.example.com`, or a path below it. In a browser, default the page's origin. */
  url?: string | undefined;
  /**
   * The token that the gateway's operator issued. A function is called for each request, for a token that changes while
   * the program runs.
   */
  token: string | (() => string | Promise<string>);
  /** Whether `url` may begin with `http://` for hosts other than loopback, which sends the token in clear text; default false. */
  allowHttp?: boolean | undefined;
  /**
   * Time limit of one attempt in milliseconds, including the response's body; default 45000. For long polls, the
   * requested wait is added to this limit. The gateway takes up to 35 seconds for a start.
   */
  timeoutMs?: number | undefined;
  /** Time limit of a whole call in milliseconds: all attempts and back-off; default 90000, or `timeoutMs` if that is more. */
  totalTimeoutMs?: number | undefined;
  /** Maximum number of attempts per call; default 3. */
  maxAttempts?: number | undefined;
  /** The language of `FaceVerifyError.message`; default `"en"`. Both are in `messages`. */
  language?: "zh" | "en" | undefined;
  /** The fetch function; default `globalThis.fetch`, looked up for each request. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** The parameters of InitFaceVerify that the gateway accepts. `sceneId` defaults to the gateway's setting. */
export type StartParameters = Omit<InitFaceVerifyParameters, "sceneId" | "metaInfo"> & {
  /** The scene; default: the gateway's setting. */
  sceneId?: SceneId | undefined;
  /** 环境参数: the unchanged string from Alibaba Cloud's client SDK. */
  metaInfo: string;
};

/** Options of `start`. */
export interface StartOptions extends CallOptions {
  /**
   * Whether to start an order again after `start-outcome-unknown`; default false. If the first start was executed, the
   * user has two verifications. Each call with it may add one more: after an error, call without it.
   */
  restartUnknown?: boolean | undefined;
}

/** Yyyy-MM-ddTHH:mm:ssZ */
type Time = string;

/** An order that has been started, now or by an earlier request. */
export interface StartedFaceVerification {
  /** The caller's order number. */
  outerOrderNo: string;
  /** 实人认证唯一标识: for Alibaba Cloud's client SDK. The same for each repetition of the order. */
  certifyId: string;
  /** URL of Alibaba Cloud's web page, for web flows. */
  certifyUrl?: string;
  /** When the order was first received: yyyy-MM-ddTHH:mm:ssZ, like all times. */
  createdAt: Time;
  /** When the CertifyId expires. */
  expiresAt: Time;
  /** Changes to the input, and warnings. */
  notices?: StartNotice[];
  /** The request's id, for the gateway's operator. */
  requestId: string;
}

/** The delivery of the verdict to the caller's webhook. */
export interface WebhookReport {
  /** Number of deliveries tried. */
  attempts: number;
  /** HTTP status of the last response; absent without a response. */
  lastStatus?: number;
  /** When the webhook accepted it; absent before. */
  deliveredAt?: Time;
}

/** The RequestIds by which Alibaba Cloud finds its responses. */
export interface VendorRequestIds {
  /** Of InitFaceVerify. */
  start?: string;
  /** Of the DescribeFaceVerify that returned the verdict. */
  verdict?: string;
}

/** The meaning of a SubCode. */
export interface GatewaySubCodeInfo {
  /** The party that can do something about a rejection. */
  audience: Audience;
  /** Whether a new verification of the same person can have a different result. */
  retryable: boolean;
  /** Whether the verification is billed; null if undocumented. */
  billed: boolean | null;
  /** Alibaba Cloud's description, in Chinese. */
  vendorMessage: string;
  /** The meaning and what to do. */
  messages: Messages;
}

/** A photo and where it is stored. */
export interface GatewayPicture {
  /** Quality of the face in the photo, 0 to 100. */
  qualityScore?: number;
  /** Similarity to the photo compared with, with products that compare. Its scale is undocumented. */
  verifyScore?: number;
  /** A signed URL: treat it as a secret. */
  pictureUrl?: string;
  /** When `pictureUrl` expires. */
  pictureUrlExpiresAt?: Time;
  /** The account's OSS bucket with the photo. */
  ossBucketName?: string;
  /** The name of the photo in that bucket. */
  ossObjectName?: string;
  /** The gateway's path of the photo, instead of `pictureUrl`; see `readPhoto`. */
  photo?: string;
}

/** Material of the verification. Personal data. */
export interface GatewayMaterial {
  /** Whether Alibaba Cloud saw an attack on the liveness detection. */
  faceAttack?: boolean;
  /** Whether the face was covered; only with a verdict that passed. */
  faceOcclusion?: boolean;
  /** The photo taken during the verification. */
  facialPictureFront?: GatewayPicture;
}

interface Order {
  /** The caller's order number. */
  outerOrderNo: string;
  /** 实人认证唯一标识 */
  certifyId: string;
  /** When the order was first received. */
  createdAt: Time;
  /** When the CertifyId expires. */
  expiresAt: Time;
  /** The delivery to the caller's webhook; absent without a webhook. */
  webhook?: WebhookReport;
  /** For questions to Alibaba Cloud's support. */
  vendorRequestIds?: VendorRequestIds;
  /** Alibaba Cloud's RequestId of a query that this request made. */
  vendorRequestId?: string;
  /** The request's id, for the gateway's operator. */
  requestId: string;
}

/** The user has not finished. */
export interface PendingFaceVerification extends Order {
  /** No verdict yet. */
  status: "pending";
}

/** Alibaba Cloud returned the verdict, which does not change. `passed` only if it returned `Passed=T` for this order. */
export interface DecidedFaceVerification extends Order {
  /** Alibaba Cloud's verdict. */
  status: "passed" | "rejected";
  /** When the verdict became known. */
  decidedAt?: Time;
  /** Alibaba Cloud's SubCode. */
  subCode?: string;
  /** The meaning of the SubCode; absent if it is not in Alibaba Cloud's tables, or contradicts the status. */
  subCodeInfo?: GatewaySubCodeInfo;
  /** Only with the scope `read:material`. */
  material?: GatewayMaterial;
  /** The material could not be fetched for this response; the verdict is not affected. */
  materialUnavailable?: true;
  /** IdentityInfo, parsed as JSON; its content is undocumented. Personal data. */
  identityInfo?: unknown;
  /** UserInfo, parsed as JSON; its content is undocumented. Personal data. */
  userInfo?: unknown;
  /** 设备 token: Alibaba Cloud's token of the device. */
  deviceToken?: string;
  /** Risks of the device, if `faceGuardOutput` requested them. */
  deviceRisk?: string[];
}

/** The CertifyId has expired without a verdict. */
export interface ExpiredFaceVerification extends Order {
  /** No verdict within the CertifyId's time, or none that Alibaba Cloud still returns. */
  status: "expired";
  /** When the gateway found that it had expired. */
  decidedAt?: Time;
  /** Alibaba Cloud's SubCode, if it returned one. */
  subCode?: string;
  /** The meaning of the SubCode. */
  subCodeInfo?: GatewaySubCodeInfo;
  /** Set as for a verdict: there is no material. */
  materialUnavailable?: true;
}

/** Base decisions only on `status`. */
export type FaceVerification = PendingFaceVerification | DecidedFaceVerification | ExpiredFaceVerification;

/** The status of an order in a list: `starting` and `unknown` have no CertifyId yet. */
export type OrderStatus = "starting" | "unknown" | FaceVerification["status"];

/** An order in a list. Its members are those of `FaceVerification`. */
export interface FaceVerificationSummary {
  /** The caller's order number. */
  outerOrderNo: string;
  /** 实人认证唯一标识; absent while `status` is `starting` or `unknown`. */
  certifyId?: string;
  /** The status that the gateway knows; a list queries nothing. */
  status: OrderStatus;
  /** When the order was first received. */
  createdAt: Time;
  /** When the CertifyId expires. */
  expiresAt?: Time;
  /** When the verdict became known. */
  decidedAt?: Time;
  /** Alibaba Cloud's SubCode. */
  subCode?: string;
  /** The meaning of the SubCode; absent if it is not in Alibaba Cloud's tables, or contradicts the status. */
  subCodeInfo?: GatewaySubCodeInfo;
  /** The delivery to the caller's webhook; absent without a webhook. */
  webhook?: WebhookReport;
  /** For questions to Alibaba Cloud's support. */
  vendorRequestIds?: VendorRequestIds;
}

/** A part of the list of a caller's orders. */
export interface FaceVerificationPage {
  /** The orders, newest first. */
  items: FaceVerificationSummary[];
  /** The `cursor` of the next page; absent on the last page. */
  nextCursor?: string;
  /** The request's id, for the gateway's operator. */
  requestId: string;
}

/** Which orders are counted. */
export interface CountQuery {
  /** Only orders with this status. */
  status?: OrderStatus | undefined;
  /** Only orders created at or after this time, as `toISOString` returns it or without milliseconds. */
  from?: Time | undefined;
  /** Only orders created before this time. */
  to?: Time | undefined;
  /** The time zone of the days, in minutes east of UTC; default 480, China. */
  offsetMinutes?: number | undefined;
}

/** Which orders are listed. */
export interface ListQuery extends Omit<CountQuery, "offsetMinutes"> {
  /** The maximum number of orders on a page: 1 to 100; default 20. */
  limit?: number | undefined;
  /** `nextCursor` of the previous page. */
  cursor?: string | undefined;
  /** One complete order number or CertifyId. Other text is rejected, because logs record URLs. */
  search?: string | undefined;
}

/** The number of orders on each day. */
export interface FaceVerificationCounts {
  /** Days with orders, each with the number of its orders by status. */
  days: ({
    /** The day, yyyy-MM-dd, in the query's time zone. */
    date: string;
  } & Record<OrderStatus, number>)[];
  /** The request's id, for the gateway's operator. */
  requestId: string;
}

/** Options of `read`. */
export interface ReadOptions extends CallOptions {
  /** Whether to fetch the material, for a token with the scope `read:material`; default true. */
  material?: boolean | undefined;
}

/** Options of `waitForResult`. */
export interface WaitForVerdictOptions extends ReadOptions {
  /**
   * Time limit in milliseconds, including a request in progress; default 120000. `0` makes a single query, including its
   * retries.
   */
  deadlineMs?: number | undefined;
  /** Called for every `pending` response. If it returns a promise, the next request waits for it. An error ends the wait. */
  onPending?: ((order: PendingFaceVerification) => void) | undefined;
}

/** A photo, as the gateway passed it on. */
export interface Photo {
  /** Its media type, such as `image/jpeg`. */
  contentType: string;
  /** The file. Personal data. */
  bytes: Uint8Array;
}

/** Why the gateway refused a request: the `code` of the error. */
export type ProblemCode =
  | "invalid-request"
  | "malformed-body"
  | "unauthenticated"
  | "insufficient-scope"
  | "not-found"
  | "unknown-order"
  | "photo-unavailable"
  | "method-not-allowed"
  | "request-timeout"
  | "order-conflict"
  | "order-being-started"
  | "start-outcome-unknown"
  | "body-too-large"
  | "unsupported-media-type"
  | "vendor-refused"
  | "daily-limit"
  | "user-daily-limit"
  | "rate-limited"
  | "internal-error"
  | "upstream-refused"
  | "upstream-failed"
  | "not-configured"
  | "development-only"
  | "unavailable"
  | "upstream-throttled"
  | "upstream-timeout";
