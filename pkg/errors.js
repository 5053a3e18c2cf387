import { withoutData } from "./thrown.js";

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
  "fields",
];

/** Of that, what the stack does not begin with, in one language. */
const INSPECTED = [...REPORTED.filter((name) => !["name", "message", "messages"].includes(name)), "cause"];
const isNothing = (value) => value === undefined || (Array.isArray(value) && value.length === 0);

/** See `index.d.cts`. Created from the core's plain data. */
export class FaceVerifyError extends Error {
  /**
   * @param {object} data the core's data: kind, code, message {zh, en}, audience, …
   * @param {"zh" | "en"} language of `message`
   * @param {unknown} [thrown] the error thrown by a user's function, if that is the cause
   */
  constructor(data, language, thrown) {
    const cause = withoutData(thrown);
    super(data.message[language], cause && { cause });
    this.kind = data.kind;
    this.code = data.code;
    this.messages = data.message;
    this.audience = data.audience;
    this.retryable = data.retryable;
    this.execution = data.execution;
    this.requestId = data.requestId ?? undefined;
    this.httpStatus = data.httpStatus ?? undefined;
    this.fields = data.fields.map(({ field, rule, message }) => ({
      field,
      rule,
      message: message[language],
      messages: message,
    }));
  }

  toJSON() {
    const { name, code } = this.cause ?? {};
    const cause = this.cause && { name, code };
    return { ...Object.fromEntries(REPORTED.map((name) => [name, this[name]])), cause };
  }

  /** For `console.log` and `util.inspect` of Node: without what stands in the stack already, or is not there. */
  [Symbol.for("nodejs.util.inspect.custom")](depth, options, inspect) {
    const given = INSPECTED.map((name) => [name, this[name]]).filter(([, value]) => !isNothing(value));
    return `${this.stack ?? this} ${inspect(Object.fromEntries(given), options)}`;
  }
}
// On the prototype, so that the stack begins with it; a literal, since bundlers rename classes.
Object.defineProperty(FaceVerifyError.prototype, "name", { value: NAME, configurable: true, writable: true });

/**
 * Whether a value is a FaceVerifyError, including those of another copy of this package or another realm, where
 * `instanceof` fails.
 */
export function isFaceVerifyError(value) {
  return (
    typeof value === "object" &&
    value !== null &&
    value.name === NAME &&
    typeof value.kind === "string" &&
    typeof value.code === "string"
  );
}
