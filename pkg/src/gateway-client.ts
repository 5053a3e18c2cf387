/**
 * A typed client of the gateway's REST API. It needs `fetch`, and neither an AccessKey nor WebAssembly.
 *
 * The gateway makes repetitions safe: it records an order before it calls Alibaba Cloud, and answers the same order with
 * the same CertifyId. For that reason, a start whose response was lost is repeated, unlike one at Alibaba Cloud itself.
 *
 * @module cloudauth-edge/gateway-client
 */

import { FaceVerifyError, type Failure } from "./errors.js";
import {
  BEING_STARTED,
  NO_TOKEN,
  ORDER_PROBLEM,
  SCENE_ID_PROBLEM,
  SEARCH_PROBLEM,
  TOKEN_FAILED,
  TOKEN_PROBLEM,
  TOKEN_TIMED_OUT,
  UNREADABLE,
  URL_PROBLEM,
  lost,
  maybeStarted,
  objectFrom,
  refused,
  type Answer,
  type Lost,
} from "./gateway-failures.js";
import { isText, type Members } from "./gateway-problem.js";
import { WHOLE } from "./gateway-search.js";
import {
  CALL_OPTIONS,
  callProblems,
  functionProblems,
  invalid,
  languageProblems,
  memberProblems,
  problem,
  unknownOptions,
  type Problem,
} from "./options.js";
import { randomHex } from "./random.js";
import { denoTransport } from "./transport-deno.js";
import { fetchTransport, type Send, type SignedRequest } from "./transport.js";
import { callHook, sleep, within } from "./waits.js";
import type {
  CountQuery,
  FaceVerification,
  FaceVerificationCounts,
  FaceVerificationPage,
  GatewayOptions,
  ListQuery,
  Photo,
  ReadOptions,
  StartedFaceVerification,
  StartOptions,
  StartParameters,
  WaitForVerdictOptions,
} from "./gateway-types.js";
import type { CallOptions, Messages } from "./types.js";

export { FaceVerifyError, isFaceVerifyError } from "./errors.js";
export type * from "./gateway-types.js";
export type {
  Audience,
  CallOptions,
  ErrorKind,
  Execution,
  FieldProblem,
  InitFaceVerifyParameters,
  Messages,
  SceneId,
  StartNotice,
} from "./types.js";

/** Every method throws a `FaceVerifyError`, whose `code` is the gateway's, or a name for local failures. */
export interface GatewayClient {
  /**
   * Starts an order; the same order with the same input returns the same CertifyId, however often it is called.
   *
   * If the error's `execution` is `unknown` and its code is not `start-outcome-unknown`, call again with the same
   * parameters: the gateway then returns the CertifyId or a definite error. For that code, see `restartUnknown`.
   */
  start(parameters: StartParameters, options?: StartOptions): Promise<StartedFaceVerification>;
  /** Reads an order of this caller. */
  read(outerOrderNo: string, options?: ReadOptions): Promise<FaceVerification>;
  /**
   * Waits until an order is passed, rejected or expired; the gateway holds each request for up to 25 seconds. Retries
   * what is retryable until the deadline. At the deadline, it returns the `pending` order.
   */
  waitForResult(outerOrderNo: string, options?: WaitForVerdictOptions): Promise<FaceVerification>;
  /** The caller's orders, newest first. */
  list(query?: ListQuery, options?: CallOptions): Promise<FaceVerificationPage>;
  /** How many orders the caller created on each day, by status. */
  count(query?: CountQuery, options?: CallOptions): Promise<FaceVerificationCounts>;
  /** The photo taken during the verification, for a token with the scope `read:material`. */
  readPhoto(outerOrderNo: string, options?: CallOptions): Promise<Photo>;
}

/** The class `GatewayClient`. */
export interface GatewayClientConstructor {
  /**
   * Creates a client. It opens no connection.
   * @throws a {@link FaceVerifyError} of kind `validation` if an option is not valid
   */
  new (options: GatewayOptions): GatewayClient;
  readonly prototype: GatewayClient;
}

const ROUTE = "v1/face-verifications";
const COUNTS = "v1/face-verification-counts";

const TIMEOUT_MS = 45_000;
const TOTAL_TIMEOUT_MS = 90_000;
const ATTEMPTS = 3;
const DEADLINE_MS = 120_000;
/** Below the idle time-out of common proxies, which is 30 seconds or more. */
const WAIT_SECONDS = 25;
const BACK_OFF_MS = 500;
const BACK_OFF_MAX_MS = 5_000;
/** Between two requests for a verdict, even if the gateway, or a proxy before it, does not wait. */
const POLL_MS = 1_000;
/** How long before its deadline a wait for a verdict makes its last request. */
const LAST_POLL_MS = 1_000;
/** A photo has up to 5 MiB, and everything else is smaller. */
const MAX_BYTES = 5 * 1024 * 1024;

interface Request<Result> {
  path: string;
  query?: object | undefined;
  /** A body makes it a POST, which starts an order. */
  body?: object | undefined;
  waitSeconds?: number;
  /** The result in a response with status 200 or 201; undefined if it is not the gateway's. */
  read(answer: Answer): Result | undefined;
}

/** How a call ended; `waitMs` is the last Retry-After. */
type Ended<Result> = { result: Result } | { error: FaceVerifyError; waitMs: number };

const START_OPTIONS = [...CALL_OPTIONS, "restartUnknown"] satisfies (keyof StartOptions)[];
const READ_OPTIONS = [...CALL_OPTIONS, "material"] satisfies (keyof ReadOptions)[];
const WAIT_OPTIONS = [...READ_OPTIONS, "deadlineMs", "onPending"] satisfies (keyof WaitForVerdictOptions)[];
const COUNT_QUERY = ["status", "from", "to", "offsetMinutes"] satisfies (keyof CountQuery)[];
const LIST_QUERY = ["status", "from", "to", "limit", "cursor", "search"] satisfies (keyof ListQuery)[];
const GATEWAY_OPTIONS = [
  "url",
  "token",
  "allowHttp",
  "timeoutMs",
  "totalTimeoutMs",
  "maxAttempts",
  "language",
  "fetch",
] satisfies (keyof GatewayOptions)[];

// As FaceVerifyClient, not declared as a class: a double of it needs no private members.
/** The class of clients. */
export const GatewayClient: GatewayClientConstructor = class implements GatewayClient {
  readonly #url: URL;
  readonly #token: GatewayOptions["token"];
  readonly #language: keyof Messages;
  readonly #timeoutMs: number;
  readonly #totalTimeoutMs: number;
  readonly #maxAttempts: number;
  readonly #send: Send;

  constructor(options: GatewayOptions) {
    const { token, language, timeoutMs, totalTimeoutMs, maxAttempts, fetch } = options ?? {};
    this.#language = language === "zh" ? "zh" : "en";
    const url = urlFrom(options ?? {});
    const problems = [
      ...unknownOptions(options, GATEWAY_OPTIONS),
      ...languageProblems(language),
      ...(url ? [] : [URL_PROBLEM]),
      ...(isToken(token) || typeof token === "function" ? [] : [TOKEN_PROBLEM]),
      ...(["timeoutMs", "totalTimeoutMs", "maxAttempts"] as const)
        .filter((name) => !isCount(options?.[name]))
        .map((field) => problem(field, "range", "应为正整数。", "must be a positive integer.")),
      ...functionProblems("fetch", fetch),
    ];
    if (!url || problems.length > 0) throw this.#error(invalid("InvalidOptions", problems));
    this.#url = url;
    this.#token = token;
    this.#timeoutMs = timeoutMs ?? TIMEOUT_MS;
    this.#totalTimeoutMs = totalTimeoutMs ?? Math.max(TOTAL_TIMEOUT_MS, this.#timeoutMs);
    this.#maxAttempts = maxAttempts ?? ATTEMPTS;
    // Looked up at each request, so that a test can replace it.
    this.#send = fetch
      ? fetchTransport(fetch, MAX_BYTES)
      : (denoTransport(MAX_BYTES) ?? fetchTransport((url, init) => globalThis.fetch(url, init), MAX_BYTES));
  }

  async start(parameters: StartParameters, options?: StartOptions): Promise<StartedFaceVerification> {
    this.#refuse(callProblems(options, START_OPTIONS));
    const { sceneId, ...rest }: StartParameters = parameters ?? {};
    this.#refuse(
      [
        ...memberProblems("parameters", typeof sceneId === "bigint" ? rest : parameters),
        ...(typeof sceneId === "number" && !Number.isSafeInteger(sceneId) ? [SCENE_ID_PROBLEM] : []),
      ],
      "InvalidParameters",
    );
    // JSON has no bigint, and the gateway takes a text.
    const body = { ...rest, sceneId: sceneId?.toString() };
    const query = { restartUnknown: options?.restartUnknown ? true : undefined };
    const { outerOrderNo } = rest;
    const read = json<StartedFaceVerification>((found) => isOf(outerOrderNo, found));
    return this.#unwrap(await this.#perform({ path: ROUTE, query, body, read }, options?.signal));
  }

  async read(outerOrderNo: string, options?: ReadOptions): Promise<FaceVerification> {
    this.#refuse(callProblems(options, READ_OPTIONS));
    return this.#unwrap(await this.#read(outerOrderNo, options, undefined, 0));
  }

  async waitForResult(outerOrderNo: string, options?: WaitForVerdictOptions): Promise<FaceVerification> {
    this.#refuse(callProblems(options, WAIT_OPTIONS));
    const { onPending, signal } = options ?? {};
    const deadlineMs = options?.deadlineMs ?? DEADLINE_MS;
    const deadline = performance.now() + deadlineMs;
    let pending: FaceVerification | undefined;
    for (;;) {
      const beganAt = performance.now();
      const left = Math.max(0, deadline - beganAt);
      // The response needs time, too.
      const waitSeconds = Math.max(0, Math.min(Math.floor((left - 1_000) / 1_000), WAIT_SECONDS));
      const limit = deadlineMs === 0 ? undefined : deadline;
      const ended = await this.#read(outerOrderNo, options, limit, waitSeconds);
      if ("result" in ended) {
        const order = ended.result;
        if (order.status !== "pending") return order;
        pending = order;
        await callHook(onPending, order, {
          timeoutMillis: Math.max(0, deadline - performance.now()),
          signal,
        });
      } else if (!ended.error.retryable) throw ended.error;
      const asked = "result" in ended ? 0 : ended.waitMs;
      const pause = waitBeforePoll(Math.max(0, beganAt + POLL_MS - performance.now(), asked), deadline);
      // An aborted wait continues with a request, which reports it.
      if (!signal?.aborted && pause === undefined) return pending ?? this.#unwrap(ended);
      await sleep(pause ?? 0, signal);
    }
  }

  async list(query?: ListQuery, options?: CallOptions): Promise<FaceVerificationPage> {
    this.#refuse([...unknownOptions(query, LIST_QUERY), ...callProblems(options, CALL_OPTIONS)]);
    const { search } = query ?? {};
    this.#refuse(
      [
        ...memberProblems("query", query ?? {}),
        ...(search === undefined || (isText(search) && WHOLE.test(search)) ? [] : [SEARCH_PROBLEM]),
      ],
      "InvalidParameters",
    );
    const read = json<FaceVerificationPage>(({ items }) => Array.isArray(items));
    return this.#unwrap(await this.#perform({ path: ROUTE, query, read }, options?.signal));
  }

  async count(query?: CountQuery, options?: CallOptions): Promise<FaceVerificationCounts> {
    this.#refuse([...unknownOptions(query, COUNT_QUERY), ...callProblems(options, CALL_OPTIONS)]);
    this.#refuse(memberProblems("query", query ?? {}), "InvalidParameters");
    const read = json<FaceVerificationCounts>(({ days }) => Array.isArray(days));
    return this.#unwrap(await this.#perform({ path: COUNTS, query, read }, options?.signal));
  }

  async readPhoto(outerOrderNo: string, options?: CallOptions): Promise<Photo> {
    this.#refuse(callProblems(options, CALL_OPTIONS));
    const path = `${this.#pathOf(outerOrderNo)}/photo`;
    return this.#unwrap(await this.#perform({ path, read: photo }, options?.signal));
  }

  #read(
    outerOrderNo: string,
    options: ReadOptions | undefined,
    deadline: number | undefined,
    waitSeconds: number,
  ): Promise<Ended<FaceVerification>> {
    const request = {
      path: this.#pathOf(outerOrderNo),
      query: { material: options?.material === false ? false : undefined },
      waitSeconds,
      read: json<FaceVerification>(
        (found) => isOf(outerOrderNo, found) && STATUSES.includes(found.status as string),
      ),
    };
    return this.#perform(request, options?.signal, deadline);
  }

  /** An order number is part of the URL, and nothing else may get there. */
  #pathOf(outerOrderNo: string): string {
    if (!isText(outerOrderNo) || !/^[0-9A-Za-z]{32}$/.test(outerOrderNo))
      throw this.#error(invalid("InvalidParameters", [ORDER_PROBLEM]));
    return `${ROUTE}/${outerOrderNo}`;
  }

  /** Makes attempts until one succeeds or another cannot help. */
  async #perform<Result>(
    request: Request<Result>,
    signal: AbortSignal | undefined,
    deadline: number = performance.now() + this.#totalTimeoutMs,
  ): Promise<Ended<Result>> {
    const requestId = randomHex();
    let query = request.query;
    let mayBeStarted = false;
    for (let attempt = 1; ; attempt += 1) {
      const tried = await this.#attempt({ ...request, query }, requestId, signal, deadline);
      if ("result" in tried) return tried;
      const { failure, repeatable, waitMs = 0, thrown } = tried;
      mayBeStarted ||= failure.execution === "unknown";
      const backOff = Math.min(BACK_OFF_MS * 2 ** (attempt - 1), BACK_OFF_MAX_MS);
      const pause = Math.max(waitMs, backOff * (0.5 + Math.random() / 2));
      if (!repeatable || attempt >= this.#maxAttempts || performance.now() + pause >= deadline) {
        const last = mayBeStarted ? maybeStarted(failure) : failure;
        return { error: this.#error({ requestId, ...last }, thrown), waitMs };
      }
      await sleep(pause, signal);
      // `restartUnknown` is a decision about one start. Whether that one happened is only asked.
      if (mayBeStarted || failure.code === BEING_STARTED) query = undefined;
    }
  }

  async #attempt<Result>(
    { path, query, body, waitSeconds = 0, read }: Request<Result>,
    requestId: string,
    signal: AbortSignal | undefined,
    deadline: number,
  ): Promise<{ result: Result } | Lost> {
    const left = () => Math.max(0, deadline - performance.now());
    const starts = body !== undefined;
    if (signal?.aborted) return lost({ kind: "aborted", error: signal.reason }, false);
    const given = await within({ timeoutMillis: left(), signal }, this.#currentToken());
    if (given.ended === "aborted") return lost({ kind: given.ended, error: signal?.reason }, false);
    if (given.ended) return { failure: TOKEN_TIMED_OUT, repeatable: false };
    if ("error" in given) return { failure: TOKEN_FAILED, repeatable: false, thrown: given.error };
    if (!isToken(given.value)) return { failure: NO_TOKEN, repeatable: false };
    const url = new URL(path, this.#url);
    for (const [name, value] of Object.entries(query ?? {}))
      if (!isAbsent(value)) url.searchParams.set(name, String(value));
    const headers: [string, string][] = [
      ["authorization", `Bearer ${given.value}`],
      ["accept-language", this.#language],
      ["x-request-id", requestId],
    ];
    if (starts) headers.push(["content-type", "application/json"]);
    if (waitSeconds > 0) headers.push(["prefer", `wait=${waitSeconds}`]);
    const method = starts ? "POST" : "GET";
    const request: SignedRequest = {
      method,
      url: url.href,
      headers,
      body: body && JSON.stringify(body),
      // The gateway takes a repeated start for the same one, except with this decision.
      once: url.searchParams.has("restartUnknown"),
    };
    const timeoutMillis = Math.min(this.#timeoutMs + waitSeconds * 1000, left());
    if (signal?.aborted) return lost({ kind: "aborted", error: signal.reason }, false);
    const outcome = await this.#send(request, { timeoutMillis, signal });
    if (outcome.kind !== "answered") return lost(outcome, starts);
    const { status = 0, body: bytes = new Uint8Array() } = outcome;
    const answer = { status, headers: new Map(outcome.headers), body: bytes };
    if (status !== 200 && status !== 201) return refused(answer, starts);
    const result = read(answer);
    if (result !== undefined) return { result };
    const execution = starts ? "unknown" : "none";
    // A response that was cut off has arrived completely at the next attempt.
    return { failure: { ...UNREADABLE, execution, httpStatus: status }, repeatable: true };
  }

  async #currentToken(): Promise<string> {
    return typeof this.#token === "function" ? this.#token() : this.#token;
  }

  #unwrap<Result>(ended: Ended<Result>): Result {
    if ("result" in ended) return ended.result;
    throw ended.error;
  }

  /** Throws an error of kind `validation` if there are problems. */
  #refuse(problems: Problem[], code = "InvalidOptions"): void {
    if (problems.length > 0) throw this.#error(invalid(code, problems));
  }

  #error(failure: Failure, thrown?: unknown): FaceVerifyError {
    return FaceVerifyError.of(failure, this.#language, thrown);
  }
};

/**
 * How long to wait before the next request for a verdict: as long as asked for, or less if the deadline comes first.
 *
 * @param deadline by the monotonic clock
 * @returns undefined if there is no time for another request
 */
function waitBeforePoll(askedMillis: number, deadline: number): number | undefined {
  const left = deadline - LAST_POLL_MS - performance.now();
  return left > 0 ? Math.min(askedMillis, left) : undefined;
}

const isToken = (value: unknown): value is string =>
  typeof value === "string" && /^[\w.~+/-]{1,4096}=*$/.test(value);

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

const isCount = (value: number | undefined) =>
  value === undefined || (Number.isSafeInteger(value) && value > 0);

/** The gateway's URL with a slash at its end; undefined if the option is not valid. */
function urlFrom({ url, allowHttp }: Partial<GatewayOptions>): URL | undefined {
  // "null" is an opaque origin, as in about:blank.
  const page = globalThis.location?.origin === "null" ? undefined : globalThis.location?.origin;
  const text = url ?? page;
  if (typeof text !== "string" || !URL.canParse(text, page)) return undefined;
  const found = new URL(text, page);
  const { protocol, hostname, origin, username, password, search, hash } = found;
  if (username || password || search || hash) return undefined;
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && (isLocal || allowHttp || origin === page)))
    return undefined;
  if (!found.pathname.endsWith("/")) found.pathname += "/";
  return found;
}

const STATUSES: readonly string[] = [
  "pending",
  "passed",
  "rejected",
  "expired",
] satisfies FaceVerification["status"][];

/** A proxy can deliver another order's response, so the order's number is compared. */
const isOf = (outerOrderNo: string, found: Members) =>
  found.outerOrderNo === outerOrderNo && isText(found.certifyId) && found.certifyId !== "";

/** Reads a body that `isRight` accepts. */
const json =
  <Result>(isRight: (found: Members) => boolean) =>
  ({ body }: Answer): Result | undefined => {
    const found = objectFrom(body);
    return found && isRight(found) ? (found as Result) : undefined;
  };

function photo({ headers, body }: Answer): Photo | undefined {
  const contentType = headers.get("content-type") ?? "";
  return contentType.startsWith("image/") ? { contentType, bytes: body } : undefined;
}
