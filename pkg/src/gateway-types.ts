/** The requests and responses of the gateway's REST API. A test compares these types with its OpenAPI description. */

import type { CallOptions, InitFaceVerifyParameters, Audience, Messages, SceneId } from "./types.js";

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
   * Time limit of one attempt in milliseconds, including the response's body; default 45000. The time that a request asks
   * the gateway to wait for a verdict is added. The gateway takes up to 35 seconds for a start.
   */
  timeoutMs?: number | undefined;
  /** Time limit of a whole call in milliseconds: all attempts and back-off; default 90000. */
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
  sceneId?: SceneId | undefined;
  /** 环境参数: the unchanged string from Alibaba Cloud's client SDK. */
  metaInfo: string;
};

export interface StartOptions extends CallOptions {
  /**
   * Whether to start an order again after `start-outcome-unknown`; default false. If the first start was executed, the
   * user has two verifications.
   */
  restartUnknown?: boolean | undefined;
}

/** Yyyy-MM-ddTHH:mm:ssZ */
type Time = string;

/** A change that the gateway made to the input, or a warning about it. */
export interface StartNotice {
  field: string;
  rule: string;
  message: Messages;
}

export interface StartedFaceVerification {
  outerOrderNo: string;
  /** 实人认证唯一标识: for Alibaba Cloud's client SDK. The same for each repetition of the order. */
  certifyId: string;
  /** URL of Alibaba Cloud's web page, for web flows. */
  certifyUrl?: string;
  createdAt: Time;
  /** When the CertifyId expires. */
  expiresAt: Time;
  notices?: StartNotice[];
  /** The request's id, for the gateway's operator. */
  requestId: string;
}

/** The delivery of the verdict to the caller's webhook. */
export interface WebhookReport {
  attempts: number;
  /** HTTP status of the last response; absent without a response. */
  lastStatus?: number;
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
  audience: Audience;
  /** Whether a new verification of the same person can have a different result. */
  retryable: boolean;
  /** Whether the verification is billed; null if undocumented. */
  billed: boolean | null;
  vendorMessage: string;
  messages: Messages;
}

export interface GatewayPicture {
  /** 0 to 100. */
  qualityScore?: number;
  verifyScore?: number;
  /** A signed URL: treat it as a secret. */
  pictureUrl?: string;
  pictureUrlExpiresAt?: Time;
  ossBucketName?: string;
  ossObjectName?: string;
  /** The gateway's path of the photo, instead of `pictureUrl`; see `readPhoto`. */
  photo?: string;
}

export interface GatewayMaterial {
  faceAttack?: boolean;
  faceOcclusion?: boolean;
  facialPictureFront?: GatewayPicture;
}

interface Order {
  outerOrderNo: string;
  /** 实人认证唯一标识 */
  certifyId: string;
  createdAt: Time;
  /** When the CertifyId expires. */
  expiresAt: Time;
  webhook?: WebhookReport;
  vendorRequestIds?: VendorRequestIds;
  /** Alibaba Cloud's RequestId of a query that this request made. */
  vendorRequestId?: string;
  /** The request's id, for the gateway's operator. */
  requestId: string;
}

/** The user has not finished. */
export interface PendingFaceVerification extends Order {
  status: "pending";
}

/** Alibaba Cloud returned the verdict, which does not change. `passed` only if it returned `Passed=T` for this order. */
export interface DecidedFaceVerification extends Order {
  status: "passed" | "rejected";
  /** When the verdict became known. */
  decidedAt?: Time;
  subCode?: string;
  subCodeInfo?: GatewaySubCodeInfo;
  /** Only with the scope `read:material`. */
  material?: GatewayMaterial;
  /** The material could not be fetched for this response; the verdict is not affected. */
  materialUnavailable?: true;
  identityInfo?: unknown;
  userInfo?: unknown;
  deviceToken?: string;
  /** Risks of the device, if `faceGuardOutput` requested them. */
  deviceRisk?: string[];
}

/** The CertifyId has expired without a verdict. */
export interface ExpiredFaceVerification extends Order {
  status: "expired";
  decidedAt?: Time;
  subCode?: string;
  subCodeInfo?: GatewaySubCodeInfo;
  materialUnavailable?: true;
}

/** Base decisions only on `status`. */
export type FaceVerification = PendingFaceVerification | DecidedFaceVerification | ExpiredFaceVerification;

/** The status of an order in a list: `starting` and `unknown` have no CertifyId yet. */
export type OrderStatus = "starting" | "unknown" | FaceVerification["status"];

export interface FaceVerificationSummary {
  outerOrderNo: string;
  certifyId?: string;
  status: OrderStatus;
  createdAt: Time;
  expiresAt?: Time;
  decidedAt?: Time;
  subCode?: string;
  subCodeInfo?: GatewaySubCodeInfo;
  webhook?: WebhookReport;
  vendorRequestIds?: VendorRequestIds;
}

export interface FaceVerificationPage {
  items: FaceVerificationSummary[];
  /** The `cursor` of the next page; absent on the last page. */
  nextCursor?: string;
  requestId: string;
}

export interface CountQuery {
  status?: OrderStatus | undefined;
  /** Only orders created at or after this time: yyyy-MM-ddTHH:mm:ssZ. */
  from?: Time | undefined;
  /** Only orders created before this time. */
  to?: Time | undefined;
  /** The time zone of the days, in minutes east of UTC; default 480, China. */
  offsetMinutes?: number | undefined;
}

export interface ListQuery extends Omit<CountQuery, "offsetMinutes"> {
  /** 1 to 100; default 20. */
  limit?: number | undefined;
  /** `nextCursor` of the previous page. */
  cursor?: string | undefined;
  /** One complete order number or CertifyId. Other text is rejected, because logs record URLs. */
  search?: string | undefined;
}

export interface FaceVerificationCounts {
  days: ({ date: string } & Record<OrderStatus, number>)[];
  requestId: string;
}

export interface ReadOptions extends CallOptions {
  /** Whether to fetch the material, for a token with the scope `read:material`; default true. */
  material?: boolean | undefined;
}

export interface WaitForVerdictOptions extends ReadOptions {
  /** Time limit in milliseconds, including a request in progress; default 120000. */
  deadlineMs?: number | undefined;
  /** Called for every `pending` response. */
  onPending?: ((order: PendingFaceVerification) => void) | undefined;
}

export interface Photo {
  /** `image/jpeg` */
  contentType: string;
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
