import { jitter, performCall, type Action, type Ended } from "./call.js";
import { CredentialsSource, type Given } from "./credentials.js";
import { permittedEnvironment } from "./environment.js";
import { FaceVerifyError, isFaceVerifyError } from "./errors.js";
import { host } from "./host.js";
import {
  CALL_OPTIONS,
  callProblems,
  functionProblems,
  invalid,
  isFunction,
  languageProblems,
  objectProblems,
  problem,
  typeProblems,
  type Problem,
} from "./options.js";
import { startOnce } from "./order-store.js";
import { pack, packObject, unpack, withBytes, type Member } from "./packed.js";
import { fetchTransport, type Send } from "./transport.js";
import type {
  AttemptReport,
  CallOptions,
  ClientOptions,
  CommonOptions,
  Credentials,
  DescribeFaceVerifyParameters,
  DescribeFaceVerifyResult,
  ErrorKind,
  InitFaceVerifyParameters,
  InitFaceVerifyResult,
  Messages,
  OrderStore,
  PendingResult,
  WaitOptions,
} from "./types.js";
import { callHook, sleep, stopwatch } from "./waits.js";

/** Two minutes: longer than almost all users need, shorter than the 30 minutes of a CertifyId. */
const DEFAULT_DEADLINE_MILLIS = 120_000;

/** A client of one account: `new FaceVerifyClient(options)`. */
export interface FaceVerifyClient {
  /**
   * Starts a verification. With `orders`, at most once per OuterOrderNo: another call returns the same CertifyId, waits
   * for the outcome of a start in progress, or fails with an error of kind `order`.
   * @throws a {@link FaceVerifyError} of any kind; its `execution` states whether a verification may have been started
   */
  initFaceVerify(parameters: InitFaceVerifyParameters, options?: CallOptions): Promise<InitFaceVerifyResult>;

  /**
   * Queries the result of a verification. A rejected person is a result, not an error.
   * @throws a {@link FaceVerifyError} of any kind but `order`
   */
  describeFaceVerify(
    parameters: DescribeFaceVerifyParameters,
    options?: CallOptions,
  ): Promise<DescribeFaceVerifyResult>;

  /**
   * Polls with increasing intervals until the user has finished, and continues after temporary failures. At the
   * deadline, it returns the last `pending` result.
   * @throws a {@link FaceVerifyError} like `describeFaceVerify`
   */
  waitForResult(
    parameters: DescribeFaceVerifyParameters,
    options?: WaitOptions,
  ): Promise<DescribeFaceVerifyResult>;
}

/** The class `FaceVerifyClient`. */
export interface FaceVerifyClientConstructor {
  /**
   * Creates a client. It opens no connection.
   * @throws a {@link FaceVerifyError} of kind `validation`, with the option's name but never its value. If the module is not
   *   loaded yet, the options are validated at the first call.
   */
  new (options?: ClientOptions): FaceVerifyClient;
  readonly prototype: FaceVerifyClient;
}

// Not declared as a class: its private members would make every test double a type error.
/** The class of clients. */
export const FaceVerifyClient: FaceVerifyClientConstructor = class implements FaceVerifyClient {
  readonly #options: Uint8Array;
  readonly #language: keyof Messages;
  readonly #credentials: CredentialsSource;
  readonly #send: Send;
  readonly #onAttempt: CommonOptions["onAttempt"];
  readonly #orders: OrderStore | undefined;
  readonly #clock = { offsetMillis: 0 };
  /** Time limit of a call in milliseconds; known once the options have been validated. */
  #callMillis: number | undefined;

  constructor(options?: ClientOptions) {
    const {
      credentials,
      accessKeyId,
      accessKeySecret,
      securityToken,
      expiration,
      fetch,
      language,
      onAttempt,
      orders,
      endpoint,
      ...rest
    }: CommonOptions & Given & { credentials?: Credentials | (() => Promise<Credentials>) | undefined } =
      options ?? {};
    this.#language = language === "zh" ? "zh" : "en";
    const given = [accessKeyId, accessKeySecret, securityToken, expiration];
    this.#refuse([
      ...objectProblems(options),
      ...typeProblems(
        "credentials",
        credentials,
        isObjectOrFunction,
        "应为对象或函数。",
        "must be an object or a function.",
      ),
      ...(isGiven(credentials) && given.some(isGiven) ? [TWO_CREDENTIALS] : []),
      ...functionProblems("fetch", fetch),
      ...functionProblems("onAttempt", onAttempt),
      ...typeProblems("orders", orders, isStore, ORDER_STORE.zh, ORDER_STORE.en),
      ...languageProblems(language),
    ]);
    this.#options = pack(
      packObject({
        ...rest,
        endpoint: Array.isArray(endpoint) && endpoint.every(isText) ? endpoint.join(",") : endpoint,
        inBrowser: host.inBrowser,
      }),
    );
    const none = !host.inBrowser && !CREDENTIALS.some((name) => name in (options ?? {}));
    this.#credentials = new CredentialsSource(
      none
        ? permittedEnvironment()
        : (credentials ?? { accessKeyId, accessKeySecret, securityToken, expiration }),
    );
    this.#send =
      (!fetch && host.send) || fetchTransport(fetch ?? globalThis.fetch, undefined, Boolean(fetch));
    this.#onAttempt = onAttempt;
    this.#orders = orders ?? undefined;
    if (host.atOnce) this.#check();
  }

  async initFaceVerify(
    parameters: InitFaceVerifyParameters,
    options?: CallOptions,
  ): Promise<InitFaceVerifyResult> {
    this.#refuse(callProblems(options, CALL_OPTIONS));
    const packed = packObject(parameters);
    const store = this.#orders;
    if (!store) return this.#call("InitFaceVerify", packed, options);
    const elapsed = stopwatch();
    const { signal } = options ?? {};
    await host.ready();
    const callMillis = this.#check();
    const left = () => callMillis - elapsed();
    const { onAttempt, end } = this.#observe("InitFaceVerify");
    try {
      const result = await startOnce({
        core: host.core(),
        store,
        options: this.#options,
        parameters: packed,
        left,
        signal,
        start: async (lease) =>
          this.#resultOf(await this.#perform("InitFaceVerify", packed, options, onAttempt, left(), lease)),
        errorOf: (failure, cause) => FaceVerifyError.of(failure, this.#language, cause),
      });
      end(result);
      return result;
    } catch (error) {
      if (isFaceVerifyError(error)) end(error);
      throw error;
    }
  }

  async describeFaceVerify(
    parameters: DescribeFaceVerifyParameters,
    options?: CallOptions,
  ): Promise<DescribeFaceVerifyResult> {
    this.#refuse(callProblems(options, CALL_OPTIONS));
    return this.#call<DescribeFaceVerifyResult>("DescribeFaceVerify", packObject(parameters), options);
  }

  async waitForResult(
    parameters: DescribeFaceVerifyParameters,
    options?: WaitOptions,
  ): Promise<DescribeFaceVerifyResult> {
    this.#refuse(callProblems(options, WAIT_OPTIONS));
    // A system clock that is set back prolongs no wait.
    const beganAt = performance.now();
    const packed = packObject(parameters);
    const { signal, onPending } = options ?? {};
    const deadlineMs = options?.deadlineMs ?? DEFAULT_DEADLINE_MILLIS;
    const deadline = beganAt + deadlineMs;
    const left = () => Math.max(0, deadline - performance.now());
    let pending: PendingResult | undefined;
    for (let polls = 0; ; polls++) {
      const limit = deadlineMs === 0 ? undefined : left();
      const outcome = await this.#observed("DescribeFaceVerify", packed, { signal }, limit);
      const error = outcome.failed && FaceVerifyError.of(outcome.failed, this.#language, outcome.cause);
      if (error && !error.retryable) throw error;
      if (outcome.done) {
        const result = outcome.done as unknown as DescribeFaceVerifyResult;
        if (result.status !== "pending") return result;
        pending = result;
        await callHook(onPending, result, { timeoutMillis: left(), signal });
      }
      const asked = outcome.waitMillis ?? 0;
      const [next, delay] = unpack(host.core().nextQuery(polls, jitter(), error?.code, asked, left()));
      if (next === "not-today") throw error;
      // An aborted wait continues with a query, which reports it.
      if (!signal?.aborted && next === "past-deadline") {
        if (pending) return pending;
        throw error;
      }
      await sleep(Number(delay ?? 0), signal);
    }
  }

  async #call<Result>(
    action: Action,
    parameters: readonly Member[],
    options: CallOptions | undefined,
  ): Promise<Result> {
    return this.#resultOf(await this.#observed(action, parameters, options));
  }

  #resultOf<Result>({ done, failed, cause }: Ended): Result {
    if (failed) throw FaceVerifyError.of(failed, this.#language, cause);
    return done as unknown as Result;
  }

  /** Performs a call, and publishes its end. */
  async #observed(
    action: Action,
    parameters: readonly Member[],
    options: CallOptions | undefined,
    leftMillis?: number,
  ): Promise<Ended> {
    const { onAttempt, end } = this.#observe(action);
    const ended = await this.#perform(action, parameters, options, onAttempt, leftMillis);
    end(ended.failed ?? ended.done);
    return ended;
  }

  /** Collects the attempts of a call; `end` publishes them with its outcome. */
  #observe(action: Action): {
    onAttempt: CommonOptions["onAttempt"];
    end(outcome: { kind?: ErrorKind; code: string; requestId?: string | null }): void;
  } {
    if (!host.calls?.hasSubscribers) return { onAttempt: this.#onAttempt, end() {} };
    const beganAt = Date.now();
    const elapsed = stopwatch();
    const attempts: AttemptReport[] = [];
    return {
      onAttempt: (report) => (attempts.push(report), this.#onAttempt?.(report)),
      end({ kind = null, code, requestId = null }) {
        const durationMs = Math.floor(elapsed());
        host.calls?.publish({ action, beganAt, durationMs, attempts, kind, code, requestId });
      },
    };
  }

  async #perform(
    action: Action,
    parameters: readonly Member[],
    options: CallOptions | undefined,
    onAttempt: CommonOptions["onAttempt"],
    leftMillis = Infinity,
    lease?: () => number,
  ): Promise<Ended> {
    const elapsed = stopwatch();
    const { signal } = options ?? {};
    await host.ready();
    const callMillis = this.#check();
    return performCall({
      core: host.core(),
      send: this.#send,
      clock: this.#clock,
      options: this.#options,
      credentials: this.#credentials,
      action,
      parameters,
      time: { elapsed, millis: Math.max(0, Math.min(callMillis, Math.floor(leftMillis))) },
      lease,
      signal,
      onAttempt,
    });
  }

  /** Throws an error of kind `validation` if there are problems. */
  #refuse(problems: Problem[]): void {
    if (problems.length > 0) throw FaceVerifyError.of(invalid("InvalidOptions", problems), this.#language);
  }

  #check(): number {
    if (this.#callMillis !== undefined) return this.#callMillis;
    const checked = withBytes([this.#options, this.#credentials.packed], host.core().checkOptions);
    const [step, found = ""] = unpack(checked);
    if (step === "error") throw FaceVerifyError.of(JSON.parse(found), this.#language);
    return (this.#callMillis = Number(found));
  }
};

/**
 * If one of them is given, even as undefined, the environment is not used: its key may belong to another account.
 */
const CREDENTIALS = ["credentials", "accessKeyId", "accessKeySecret", "securityToken", "expiration"];

const isText = (value: unknown) => typeof value === "string";
const isGiven = (value: unknown) => value !== undefined && value !== null;
const TWO_CREDENTIALS = problem(
  "credentials",
  "conflict",
  "不能与 accessKeyId、accessKeySecret、securityToken 或 expiration 同时传入。",
  "must not be passed together with accessKeyId, accessKeySecret, securityToken or expiration.",
);

const WAIT_OPTIONS = [...CALL_OPTIONS, "deadlineMs", "onPending"] satisfies (keyof WaitOptions)[];

const ORDER_STORE = {
  zh: "应为对象：secret（至少 32 个字符）与函数 begin、settle、read。",
  en: "must be an object with a secret of at least 32 characters and the functions begin, settle and read.",
};
const isStore = ({ secret, begin, settle, read }: Partial<OrderStore>) =>
  typeof secret === "string" && secret.length >= 32 && [begin, settle, read].every(isFunction);
const isObjectOrFunction = (value: unknown) => typeof value === "object" || isFunction(value);
