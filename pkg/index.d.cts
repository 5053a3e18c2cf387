/**
 * A typed client of Alibaba Cloud face verification (Cloudauth 2019-03-07).
 *
 * `passed` under ProductCode `LR_FR` means: a live face was in front of the camera. It does **not**
 * mean that name and number are genuine or belong to that face.
 */

/** Permanent or temporary (STS) credentials. */
export interface Credentials {
  accessKeyId: string;
  accessKeySecret: string;
  /** SecurityToken of temporary credentials. */
  securityToken?: string | undefined;
  /** When temporary credentials expire. They are fetched again five minutes before. */
  expiration?: string | number | Date | undefined;
}

export interface CommonOptions {
  /**
   * Host or hosts in fail-over order; default `cloudauth.aliyuncs.com`. HTTPS, except that
   * `http://` may name a loopback address, such as the sandbox's `http://127.0.0.1:8788`, and, with one of the sandbox's
   * keys, any host that is not public: `http://sandbox:8788`, `http://host.docker.internal:8788`, a private address.
   */
  endpoint?: string | readonly string[] | undefined;
  /**
   * Signature scheme; default `"1.0"` (HMAC-SHA1), which keeps every parameter in the form body.
   *
   * **With `"ACS3-HMAC-SHA256"` names and identity numbers stand in the URL**, because Alibaba Cloud
   * defines them as query parameters there, and reach the access logs of every proxy on the way.
   */
  signatureVersion?: "1.0" | "ACS3-HMAC-SHA256" | undefined;
  /** Milliseconds for one attempt, the answer's body included; default 10000. */
  timeoutMs?: number | undefined;
  /** Milliseconds for a whole call: the function for credentials, all attempts, and the waits between them; default 30000. */
  totalTimeoutMs?: number | undefined;
  /** Requests made for one call at most; default 3. */
  maxAttempts?: number | undefined;
  /**
   * Whether InitFaceVerify may be sent again although the first one may have been executed, which
   * can start a second verification; default false.
   */
  repeatInit?: boolean | undefined;
  /** Whether ProductCodes other than `LR_FR` are taken; default false. */
  allowOtherProducts?: boolean | undefined;
  /** Whether CertNo may be that of a residence permit or a foreign permanent resident card; default false. */
  allowResidencePermits?: boolean | undefined;
  /** Whether to run in a browser, where every visitor can take the AccessKeySecret; default false. */
  dangerouslyAllowBrowser?: boolean | undefined;
  /** The language of `FaceVerifyError.message`; default `"en"`. Both are in `messages`. */
  language?: "zh" | "en" | undefined;
  /**
   * The fetch to use. Default: `globalThis.fetch`, except on Node, where calls go through `node:http` and
   * `node:https` with the process's own agents (connections kept alive, `NODE_USE_ENV_PROXY`,
   * `NODE_EXTRA_CA_CERTS`). What replaces or configures fetch there, such as a mock or an undici dispatcher,
   * is seen only when it is given here: `fetch: (...request) => fetch(...request)`. nock and msw need nothing.
   */
  fetch?: Fetch | undefined;
  /** Called after each attempt, for logs and metrics. Gets no personal data. What it throws is ignored. */
  onAttempt?: ((report: AttemptReport) => void) | undefined;
}

/** What is used of a fetch; every runtime's `globalThis.fetch` is one. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type ClientOptions = CommonOptions &
  (
    | (Credentials & { credentials?: undefined })
    | {
        /**
         * A function is called once for however many calls wait, and again before `expiration`. If it hangs, throws or
         * gives nothing usable, calls end with an error of kind `credentials`.
         */
        credentials: Credentials | (() => Promise<Credentials>);
        accessKeyId?: undefined;
        accessKeySecret?: undefined;
        securityToken?: undefined;
      }
    | {
        /** Without any of these four names, credentials come from the environment: see `credentialsFromEnvironment`. */
        credentials?: undefined;
        accessKeyId?: undefined;
        accessKeySecret?: undefined;
        securityToken?: undefined;
      }
  );

export interface AttemptReport {
  action: "InitFaceVerify" | "DescribeFaceVerify";
  /** From 1. */
  attempt: number;
  /** Host and port. */
  endpoint: string;
  durationMs: number;
  httpStatus?: number | undefined;
  /** Of the error, if there was one. */
  kind?: ErrorKind | undefined;
  code?: string | undefined;
  requestId?: string | undefined;
  /** Milliseconds until the next attempt, if there is to be one. */
  retryInMs?: number | undefined;
}

export interface CallOptions {
  /** Ends the call and all that it waits for at once, with an error of kind `aborted`. */
  signal?: AbortSignal | undefined;
}

/** A 64-bit integer: numbers above `Number.MAX_SAFE_INTEGER` must come as bigint or string. */
export type SceneId = number | bigint | string;

type YesNo = "Y" | "N";
type Open<T extends string> = T | (string & Record<never, never>);

/** Parameters of InitFaceVerify: Alibaba Cloud's names, in camelCase. */
export interface InitFaceVerifyParameters {
  /** 认证场景 ID: the scene made in Alibaba Cloud's console. */
  sceneId: SceneId;
  /** 商户请求的唯一标识: 32 letters and digits, unique. See `newOuterOrderNo`. */
  outerOrderNo: string;
  /** Default `LR_FR`; others need `allowOtherProducts`. */
  productCode?: Open<"LR_FR" | "ID_PRO" | "PV_FV"> | undefined;
  /** 活体检测类型. */
  model?:
    Open<"LIVENESS" | "PHOTINUS_LIVENESS" | "MULTI_ACTION" | "MOVE_ACTION" | "MOVE_PHOTINUS"> | undefined;
  /** 客户业务自定义的用户ID: up to 100 characters. Recommended. */
  userId?: string | undefined;
  /** Default `IDENTITY_CARD`. */
  certType?: Open<"IDENTITY_CARD"> | undefined;
  /** 真实姓名. */
  certName?: string | undefined;
  /** 证件号码, 18 characters. */
  certNo?: string | undefined;
  /**
   * 环境参数: the string that Alibaba Cloud's client SDK gave, as it is: up to 262,144 bytes in UTF-8. Mandatory for LR_FR.
   */
  metaInfo?: string | undefined;
  /** 用户手机号码. */
  mobile?: string | undefined;
  /** 用户IP. */
  ip?: string | undefined;
  /** Up to 2,048 bytes, as every address here. */
  returnUrl?: string | undefined;
  /** HTTPS. */
  callbackUrl?: string | undefined;
  /** Up to 256 characters. */
  callbackToken?: string | undefined;
  certifyUrlType?: "WEB" | "H5" | undefined;
  certifyUrlStyle?: "L" | "S" | undefined;
  /** Base64, below 1 MB. */
  faceContrastPicture?: string | undefined;
  faceContrastPictureUrl?: string | undefined;
  ossBucketName?: string | undefined;
  ossObjectName?: string | undefined;
  certifyId?: string | undefined;
  crop?: "T" | "F" | undefined;
  authId?: string | undefined;
  encryptType?: "SM2" | undefined;
  voluntaryCustomizedContent?: string | undefined;
  suitableType?: "0" | "1" | "2" | undefined;
  procedurePriority?: "keep" | "url" | "video" | undefined;
  mode?: "1" | "3" | undefined;
  readImg?: YesNo | undefined;
  /** yyyy-MM-dd */
  birthday?: string | undefined;
  /** yyyy-MM-dd */
  validityDate?: string | undefined;
  faceGuardOutput?: string | undefined;
  rarelyCharacters?: YesNo | undefined;
  uiCustomUrl?: string | undefined;
  videoEvidence?: "true" | "false" | undefined;
  appQualityCheck?: YesNo | undefined;
  cameraSelection?: YesNo | undefined;
  needMultiFaceCheck?: YesNo | undefined;
  h5DegradeConfirmBtn?: YesNo | undefined;
  enableBeauty?: string | undefined;
}

export interface InitFaceVerifyResult {
  /** 实人认证唯一标识: valid 30 minutes, for one submission. Keep it with the order, on the server. */
  certifyId: string;
  /** URL of Alibaba Cloud's web page, for web flows. */
  certifyUrl: string | null;
  requestId: string | null;
  /** ResultObject as it came. */
  raw: Record<string, unknown>;
}

export interface DescribeFaceVerifyParameters {
  sceneId: SceneId;
  /** What `initFaceVerify` gave, from your own records and never from the phone. */
  certifyId: string;
  pictureReturnType?: string | undefined;
}

export interface DescribeFaceVerifyResult {
  /**
   * Decide by this alone. `pending`: the person has not finished (Codes 403, 424). `passed`:
   * Alibaba Cloud said `T` and nothing in its answer contradicts it. `rejected`: Alibaba Cloud said `F`.
   */
  status: "pending" | "passed" | "rejected";
  /** Alibaba Cloud's Code: `200`, `403` or `424`. */
  code: string;
  /** Alibaba Cloud's SubCode; null while pending. */
  subCode: string | null;
  /** What the SubCode means; null for one outside of Alibaba Cloud's tables. */
  subCodeInfo: SubCodeInfo | null;
  /** MaterialInfo, parsed. */
  material: Material | null;
  identityInfo: unknown;
  deviceToken: string | null;
  /** Risks of the device, where `faceGuardOutput` asked for them. */
  deviceRisk: string[];
  userInfo: unknown;
  requestId: string | null;
  /** ResultObject as it came, unknown members included. */
  raw: Record<string, unknown>;
}

export interface Material {
  faceAttack: boolean | null;
  faceOcclusion: boolean | null;
  facialPictureFront: Picture | null;
  /** MaterialInfo as it came, unknown members included. */
  raw: Record<string, unknown>;
}

export interface Picture {
  /** 0 to 100. */
  qualityScore: number | null;
  verifyScore: number | null;
  /** A signed address: treat it as a secret. */
  pictureUrl: string | null;
  /** Until when `pictureUrl` works: yyyy-MM-ddTHH:mm:ssZ, 15 minutes from the query. */
  pictureUrlExpiresAt: string | null;
  ossBucketName: string | null;
  ossObjectName: string | null;
}

export interface SubCodeInfo {
  code: string;
  vendorMessage: string;
  /** Whether the verification is billed; null where Alibaba Cloud's table does not say. */
  billed: boolean | null;
  passing: boolean;
  inVendorDocument: boolean;
  audience: Audience;
  /** Whether a new verification of the same person can have a different result. */
  retryable: boolean;
  text: Messages;
}

export type Execution = "none" | "unknown";

export interface Messages {
  zh: string;
  en: string;
}

/** Who can put an error right: the person being verified, the programmer, or whoever runs it. */
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
  | "protocol";

export interface FieldProblem {
  /** Field or option, in camelCase. */
  field: string;
  /** Stable name of the broken rule. */
  rule: string;
  message: string;
  messages: Messages;
}

/**
 * A failed call. No message or property ever holds a secret, an identity, the MetaInfo or a URL; `cause` is an error of
 * our own for that reason.
 */
export class FaceVerifyError extends Error {
  private constructor();
  readonly name: "FaceVerifyError";
  readonly kind: ErrorKind;
  /** Alibaba Cloud's Code, or a stable name for failures on this side. */
  readonly code: string;
  readonly messages: Messages;
  readonly audience: Audience;
  /** Whether the same call can succeed later without any change. Never where `execution` is `unknown`. */
  readonly retryable: boolean;
  /** Whether this call may have started a verification: `none` is surely not. A query starts nothing. */
  readonly execution: Execution;
  readonly requestId?: string | undefined;
  readonly httpStatus?: number | undefined;
  /** Everything that is wrong with parameters, options or credentials. */
  readonly fields: readonly FieldProblem[];
  /**
   * Of what a function of yours threw, of a broken connection, or of the reason of `signal`: its class, its code and the
   * places in the program, through every `cause`. Its message and its other properties are left out, since they may hold
   * personal data, keys and addresses.
   */
  readonly cause?: Error | undefined;
  /** All of this as plain data, and of `cause` its name and code. */
  toJSON(): Record<string, unknown>;
}

/** Whether a value is a FaceVerifyError, also one of another bundle or realm. */
export function isFaceVerifyError(value: unknown): value is FaceVerifyError;

export class FaceVerifyClient {
  /**
   * @throws {FaceVerifyError} of kind `validation`, naming the option and never its value. Where
   * `ready()` takes time, the check is made at the first call.
   */
  constructor(options?: ClientOptions);

  /**
   * Starts a verification.
   * @throws {FaceVerifyError}
   */
  initFaceVerify(parameters: InitFaceVerifyParameters, options?: CallOptions): Promise<InitFaceVerifyResult>;

  /**
   * Asks for the result of a verification.
   * @throws {FaceVerifyError}
   */
  describeFaceVerify(
    parameters: DescribeFaceVerifyParameters,
    options?: CallOptions,
  ): Promise<DescribeFaceVerifyResult>;

  /**
   * Asks until the person has finished, with growing waits, also through failures that may pass.
   * At the deadline it gives the last `pending` result.
   * @throws {FaceVerifyError} as `describeFaceVerify`
   */
  waitForResult(
    parameters: DescribeFaceVerifyParameters,
    options?: WaitOptions,
  ): Promise<DescribeFaceVerifyResult>;
}

export interface WaitOptions extends CallOptions {
  /** Milliseconds after which to stop waiting, a query under way included; default 120000. */
  deadlineMs?: number | undefined;
  /** Called for every answer that is still `pending`. */
  onPending?: ((result: DescribeFaceVerifyResult) => void) | undefined;
}

/** What a request to your CallbackUrl claims. It is not signed: ask `describeFaceVerify` and believe that. */
export interface Callback {
  /** Look it up in your own records. */
  certifyId: string;
  /** Whether it carries your CallbackToken (compared in constant time). Do nothing if not. */
  tokenValid: boolean;
  claimsPassed: boolean | null;
  claimedSubCode: string | null;
}

/**
 * Reads the URL of a callback request, absolute or from the path on. Null when it is no callback.
 * @param callbackToken what you gave as `callbackToken` to `initFaceVerify`
 */
export function parseCallback(url: string, callbackToken: string): Callback | null;

/**
 * A new OuterOrderNo: the prefix (10 letters and digits at most), the time, and random digits.
 * @throws {TypeError} for another prefix
 */
export function newOuterOrderNo(prefix?: string): string;

/**
 * Credentials from `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and
 * `ALIBABA_CLOUD_SECURITY_TOKEN`, which all Alibaba Cloud's SDKs read. A missing one is reported by
 * the client's constructor.
 * @param environment default `process.env`; a Worker passes its `env`
 */
export function credentialsFromEnvironment(environment?: {
  readonly ALIBABA_CLOUD_ACCESS_KEY_ID?: string | undefined;
  readonly ALIBABA_CLOUD_ACCESS_KEY_SECRET?: string | undefined;
  readonly ALIBABA_CLOUD_SECURITY_TOKEN?: string | undefined;
}): Credentials;

/** Resolves when the module is loaded: at once, except in pages of Chrome from before mid-2023. Every call awaits it by itself. */
export function ready(): Promise<void>;
