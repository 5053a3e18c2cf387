import { jitter, performCall } from "./call.js";
import { CredentialsSource } from "./credentials.js";
import { FaceVerifyError, isFaceVerifyError } from "./errors.js";
import { pack, packObject, unpack, withBytes } from "./packed.js";
import { randomHex } from "./random.js";
import { fetchTransport } from "./transport.js";
import { sleep } from "./waits.js";

/** Two minutes: longer than almost all users need, shorter than the 30 minutes of a CertifyId. */
const DEFAULT_DEADLINE_MILLIS = 120_000;

/**
 * The exports of the package, based on a loaded core. `index.d.cts` describes them.
 *
 * @param {object} host
 * @param {() => object} host.core the guarded exports; throws if they are not loaded yet
 * @param {() => Promise<void>} host.ready resolves when they are
 * @param {boolean} [host.atOnce] whether they are loaded from the beginning
 * @param {boolean} host.inBrowser
 * @param {Function} [host.send] the host's transport, instead of its `fetch`
 */
export function definePackage({ core, ready, atOnce = true, inBrowser, send }) {
  class FaceVerifyClient {
    #options;
    #language;
    #credentials;
    #send;
    #onAttempt;
    #clock = { offsetMillis: 0 };
    /** Time limit of a call in milliseconds; known after the validation of the options. */
    #callMillis;

    constructor(options) {
      const {
        credentials,
        accessKeyId,
        accessKeySecret,
        securityToken,
        expiration,
        fetch,
        language,
        onAttempt,
        endpoint,
        ...rest
      } = options ?? {};
      mustBe("credentials", credentials, isObjectOrFunction, "对象或函数", "an object or a function");
      mustBe("fetch", fetch, isFunction, "函数", "a function");
      mustBe("onAttempt", onAttempt, isFunction, "函数", "a function");
      mustBe(
        "language",
        language,
        (value) => value === "zh" || value === "en",
        '"zh" 或 "en"',
        '"zh" or "en"',
      );
      this.#options = pack(
        packObject({
          ...rest,
          endpoint: Array.isArray(endpoint) ? endpoint.join(",") : endpoint,
          inBrowser,
        }),
      );
      this.#language = language === "zh" ? "zh" : "en";
      const none = !inBrowser && !CREDENTIALS.some((name) => name in (options ?? {}));
      this.#credentials = new CredentialsSource(
        none
          ? permittedEnvironment()
          : (credentials ?? { accessKeyId, accessKeySecret, securityToken, expiration }),
      );
      this.#send = (!fetch && send) || fetchTransport(fetch ?? globalThis.fetch);
      this.#onAttempt = onAttempt;
      if (atOnce) this.#check();
    }

    initFaceVerify(parameters, options) {
      return this.#call("InitFaceVerify", parameters, options);
    }

    describeFaceVerify(parameters, options) {
      return this.#call("DescribeFaceVerify", parameters, options);
    }

    async waitForResult(parameters, options) {
      const beganAt = Date.now();
      const { signal, onPending } = options ?? {};
      const deadlineMs = options?.deadlineMs ?? DEFAULT_DEADLINE_MILLIS;
      mustBe("deadlineMs", deadlineMs, isMillis, "毫秒数", "milliseconds");
      mustBe("onPending", onPending, isFunction, "函数", "a function");
      const deadline = beganAt + deadlineMs;
      let pending;
      for (let polls = 0; ; polls++) {
        let result, failure;
        try {
          result = await this.#call("DescribeFaceVerify", parameters, { signal }, deadline);
        } catch (error) {
          if (!isFaceVerifyError(error) || !error.retryable) throw error;
          failure = error;
        }
        if (result && result.status !== "pending") return result;
        if (result) {
          pending = result;
          onPending?.(result);
        }
        const delay = core().pollDelay(polls, jitter(), failure?.code);
        if (delay === undefined) throw failure;
        if (Date.now() + delay > deadline) {
          if (pending) return pending;
          throw failure;
        }
        await sleep(delay, signal);
      }
    }

    async #call(action, parameters, options, deadline = Infinity) {
      const beganAt = Date.now();
      const { signal } = options ?? {};
      mustBe("signal", signal, isSignal, "AbortSignal", "an AbortSignal");
      await ready();
      this.#check();
      const outcome = await performCall({
        core: core(),
        send: this.#send,
        clock: this.#clock,
        options: this.#options,
        credentials: this.#credentials,
        action,
        parameters,
        time: { beganAt, millis: Math.max(0, Math.min(this.#callMillis, Math.floor(deadline - beganAt))) },
        signal,
        onAttempt: this.#onAttempt,
      });
      if (outcome.failed) throw new FaceVerifyError(outcome.failed, this.#language, outcome.cause);
      return outcome.done;
    }

    #check() {
      if (this.#callMillis !== undefined) return;
      const checked = withBytes([this.#options, this.#credentials.packed], core().checkOptions);
      const [step, found] = unpack(checked);
      if (step === "error") throw new FaceVerifyError(JSON.parse(found), this.#language);
      this.#callMillis = Number(found);
    }
  }

  return {
    FaceVerifyClient,
    credentialsFromEnvironment,
    FaceVerifyError,
    isFaceVerifyError,
    ready,
    parseCallback: (url, callbackToken) =>
      JSON.parse(core().parseCallback(queryOf(url), String(callbackToken ?? ""))),
    newOuterOrderNo: (prefix = "") =>
      accepted(JSON.parse(core().newOuterOrderNo(prefix, randomHex(), Date.now()))),
  };
}

/** Where one of them is given, even as undefined, the environment is not looked at: the key there may be another's. */
const CREDENTIALS = ["credentials", "accessKeyId", "accessKeySecret", "securityToken"];

const isMillis = (value) => typeof value === "number" && value >= 0;
const isObjectOrFunction = (value) => typeof value === "object" || isFunction(value);
const isFunction = (value) => typeof value === "function";
/** Accepts signals of other realms. */
const isSignal = (value) =>
  typeof value?.aborted === "boolean" &&
  isFunction(value.addEventListener) &&
  isFunction(value.removeEventListener);

/** Rejects an option of the wrong type, which is a bug in the program. An absent option is valid. */
function mustBe(name, value, isRight, zh, en) {
  if (value !== undefined && value !== null && !isRight(value))
    throw new TypeError(`${name} must be ${en}. ${name} 应为${zh}。`);
}

/** The query of a callback's URL, absolute or relative; empty if it is not a URL. Errors must not contain it. */
function queryOf(url) {
  try {
    return new URL(url, "https://callback.invalid").search;
  } catch {
    return "";
  }
}

/** The value, or the problem as a TypeError: a bug in the program, not a failed call. */
function accepted(result) {
  if (result.Err)
    throw new TypeError(`${result.Err.rule}: ${result.Err.message.en} ${result.Err.message.zh}`);
  return result.Ok;
}

/** The environment variables of all official SDKs. */
function credentialsFromEnvironment(environment = globalThis.process?.env ?? {}) {
  return {
    accessKeyId: environment.ALIBABA_CLOUD_ACCESS_KEY_ID,
    accessKeySecret: environment.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    securityToken: environment.ALIBABA_CLOUD_SECURITY_TOKEN || undefined,
  };
}

/** Deno throws where its user did not permit to read the environment: then nothing is there. */
function permittedEnvironment() {
  try {
    return credentialsFromEnvironment();
  } catch {
    return {};
  }
}
