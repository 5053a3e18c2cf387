import { readFrom, withoutData } from "./thrown.js";
import type { Audience, ErrorKind, Execution, FieldProblem, Messages } from "./types.js";

/** A failed call, as the core describes it. */
export interface Failure {
  kind: ErrorKind;
  code: string;
  message: Messages;
  audience: Audience;
  retryable: boolean;
  execution: Execution;
  requestId?: string | null;
  httpStatus?: number | null;
  certifyId?: string;
  fields: { field: string; rule: string; message: Messages }[];
}

const NAME = "FaceVerifyError";

/** The error's properties, without personal data. */
const REPORTED = [
  "name",
  "message",
  "kind",
  "code",
  "messages",
  "audience",
  "retryable",
  "execution",
  "requestId",
  "httpStatus",
  "certifyId",
  "fields",
] as const;

/** The subset that `console.log` shows next to the stack, in one language. */
const INSPECTED = [
  ...REPORTED.filter((name) => !["name", "message", "messages"].includes(name)),
  "cause",
] as const;
const inspected = Symbol.for("nodejs.util.inspect.custom");
const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/**
 * A failed call. Messages and properties never contain a secret, an identity, the MetaInfo or a URL; for that reason,
 * `cause` is a sanitized copy.
 */
export class FaceVerifyError extends Error {
  /** Always `FaceVerifyError`, even in bundled programs. */
  declare readonly name: "FaceVerifyError";
  /** Why the call failed. */
  declare readonly kind: ErrorKind;
  /** Alibaba Cloud's Code, with `GatewayClient` the gateway's code, or a stable name for local failures. */
  declare readonly code: string;
  /** What is wrong, who must act and how, in both languages; `message` is one of them. */
  declare readonly messages: Messages;
  /** The party that must act. */
  declare readonly audience: Audience;
  /** Whether the same call can succeed later without any change. Always false if `execution` is `unknown`. */
  declare readonly retryable: boolean;
  /**
   * `unknown` if this call, or an earlier start of the same order, may have started a verification; `none` if this call
   * provably has not. A query starts nothing.
   */
  declare readonly execution: Execution;
  /**
   * Alibaba Cloud's RequestId, by which its support finds the request; null without a response that has one. With
   * `GatewayClient`, it identifies the request in the gateway's log, also if no response arrived; null if the
   * options or parameters are not valid.
   */
  declare readonly requestId: string | null;
  /** HTTP status of the last response; null without a response. */
  declare readonly httpStatus: number | null;
  /** The CertifyId that Alibaba Cloud returned and `orders` could not keep; null in all other errors. */
  declare readonly certifyId: string | null;
  /** All errors in parameters, options or credentials. */
  declare readonly fields: readonly FieldProblem[];
  /**
   * Derived from an exception of your function, a connection error, or the reason of `signal`: its class, its code and
   * its stack trace, through every `cause`. The message and other properties are omitted, because they may contain
   * personal data, keys and URLs.
   */
  declare readonly cause?: Error | undefined;

  /**
   * @internal
   * @param data the core's description
   * @param language of `message`
   * @param thrown the error thrown by a user's function, if that is the cause
   */
  static of(data: Failure, language: keyof Messages, thrown?: unknown): FaceVerifyError {
    // If the class had a name in this scope, bundlers would rename it, and uncaught errors would begin with that name.
    return new this(data, language, thrown);
  }

  private constructor(data: Failure, language: keyof Messages, thrown: unknown) {
    const cause = withoutData(thrown);
    super(data.message[language], cause && { cause });
    this.kind = data.kind;
    this.code = data.code;
    this.messages = data.message;
    this.audience = data.audience;
    this.retryable = data.retryable;
    this.execution = data.execution;
    this.requestId = data.requestId ?? null;
    this.httpStatus = data.httpStatus ?? null;
    this.certifyId = data.certifyId ?? null;
    this.fields = data.fields.map(({ field, rule, message }) => ({
      field,
      rule,
      message: message[language],
      messages: message,
    }));
  }

  /**
   * The error as plain data; of `cause`, only name and code. Send this to another thread: `structuredClone` and
   * `postMessage` lose the properties of an error.
   */
  toJSON(): Record<string, unknown> {
    const { name, code } = (this.cause ?? {}) as { name?: string; code?: string };
    const cause = this.cause ? { name, code: code ?? null } : null;
    return { ...Object.fromEntries(REPORTED.map((name) => [name, this[name]])), cause };
  }

  /** @internal For Node's `console.log` and `util.inspect`: omits what the stack already shows and what is absent. */
  [inspected](
    _depth: number,
    options: unknown,
    inspect: (value: unknown, options: unknown) => string,
  ): string {
    const given = INSPECTED.map((name) => [name, this[name]]).filter(([, value]) => !isNothing(value));
    return `${this.stack ?? this} ${inspect(Object.fromEntries(given), options)}`;
  }
}
// Set on the prototype, so that the stack begins with it, and a literal, because bundlers rename classes.
Object.defineProperty(FaceVerifyError.prototype, "name", { value: NAME, configurable: true, writable: true });

/** Whether a value is a FaceVerifyError, including those of another bundle or realm, where `instanceof` fails. */
export function isFaceVerifyError(value: unknown): value is FaceVerifyError {
  const isText = (property: string) => typeof readFrom(value, property) === "string";
  return readFrom(value, "name") === NAME && isText("kind") && isText("code");
}
