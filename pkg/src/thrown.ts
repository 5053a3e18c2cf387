/** Exceptions of user functions and platforms: what the core needs to decide, and a sanitized copy. */

/** Code, name and message, each as text. */
export function thrown(error: unknown): [code: string, name: string, message: string] {
  return [failureCode(error), textOf(error, "name"), textOf(error, "message")];
}

/** The kind of a failure before the connection was established: nothing of the request was sent. */
export const NOT_CONNECTED = "not-connected";

/**
 * The host's code of a failed connection: that of the error or of its cause, because `fetch` wraps the connection's
 * error. `not-connected` if the error shows that there was no connection; `connection-failed` (`NO_CODE` in
 * `src/wasm/client.rs`) if there is no code, or if the error is of a connection that was established: `EHOSTUNREACH` and
 * others then no longer mean that nothing was sent. A code of another form is not used, because it could be one of the
 * client's own words.
 */
export function failureCode(error: unknown): string {
  const cause = readFrom(error, "cause");
  if (neverConnected(cause) || neverConnected(error) || isRefusedTunnel(readFrom(cause, "cause")))
    return NOT_CONNECTED;
  const failed = readFrom(cause, "code") === undefined ? error : cause;
  const code = textLike(CODE, failed, "code");
  return code === undefined || WHILE_CONNECTED.test(textOf(failed, "syscall")) ? "connection-failed" : code;
}

/** The system calls of Node's errors on an established connection. */
const WHILE_CONNECTED = /^(read|write|shutdown)/;

/** Whether the error is of an attempt to connect, whatever its code: `ETIMEDOUT` and others also occur later. */
function neverConnected(error: unknown): boolean {
  // Node tries the addresses of a host one after another. The error of all attempts has the code of the first one.
  const errors = readFrom(error, "errors");
  const attempts: unknown[] = Array.isArray(errors) && errors.length > 0 ? errors : [error];
  return attempts.every((attempt) => textOf(attempt, "syscall") === "connect") || isRefusedTunnel(error);
}

/**
 * Whether Deno's `fetch` failed while it connected. Its errors have no code, and name the stage. It proves nothing about a
 * request that Deno may repeat: the server may have received the first one.
 */
export function failedToConnectOnDeno(error: unknown): boolean {
  const message = textOf(readFrom(error, "cause") ?? error, "message");
  return /client error \((\w+)\)/.exec(message)?.[1] === "Connect";
}

/** Whether a proxy refused the tunnel that undici's ProxyAgent asked for. The code is that of aborted requests. */
const isRefusedTunnel = (error: unknown): boolean =>
  textOf(error, "code") === "UND_ERR_ABORTED" &&
  /^Proxy response \(\d+\) !== 200 when HTTP Tunneling$/.test(textOf(error, "message"));

/** The form of error class names; other text in that place could be anything. */
const NAME = /^[A-Z][A-Za-z]{0,40}(Error|Exception)$|^Error$/;
/**
 * The form of the runtimes' error codes: `ECONNREFUSED`, `ERR_HTTP2_ERROR`, `ConnectionRefused`. No key or number has
 * it.
 */
const CODE = /^[A-Z]{2,24}\d?(_[A-Z]{1,24}\d?){0,8}$|^([A-Z][a-z]{1,20}){2,5}$/;
/** A stack frame: a function's name, then a file or a module, a line and a column. */
const PLACE = /^ {4}at [\w$.<>[\] #]*\(?(?:file:\/\/|node:|\/|[A-Z]:\\)[\w$.@+~%\\/ -]+:\d+:\d+\)?$/;
const DEEPEST = 4;

/**
 * A sanitized copy of what a user's function threw. The message and all other properties can contain a URL, a header, a
 * name or a key, so a new error is created, with the name and the code if they have the usual form, the stack frames,
 * and a sanitized copy of its cause.
 *
 * @returns undefined if no object was thrown
 */
export function withoutData(error: unknown, depth = 0): Error | undefined {
  if (typeof error !== "object" || error === null || depth === DEEPEST) return undefined;
  const [name, code] = [textLike(NAME, error, "name") ?? "Error", textLike(CODE, error, "code")];
  const cause = withoutData(readFrom(error, "cause"), depth + 1);
  const kept = new Error(code ?? "", cause && { cause });
  const places = stackLines(error).filter((line) => PLACE.test(line));
  const own = {
    name,
    ...(code !== undefined && { code }),
    stack: [code ? `${name}: ${code}` : name, ...places].join("\n"),
  };
  for (const [property, value] of Object.entries(own)) {
    const enumerable = property === "code";
    Object.defineProperty(kept, property, { value, enumerable, configurable: true, writable: true });
  }
  return kept;
}

/** The lines of an error's stack without its message, which precedes the frames and may have lines that look like them. */
export const stackLines = (error: unknown): string[] =>
  textOf(error, "stack").replace(textOf(error, "message"), "").split("\n");

const textLike = (pattern: RegExp, error: unknown, property: string): string | undefined => {
  const text = textOf(error, property);
  return pattern.test(text) ? text : undefined;
};

const textOf = (error: unknown, property: string): string => {
  const value = readFrom(error, property);
  return typeof value === "string" ? value : "";
};

/** A property of any value; undefined if reading it throws. */
export function readFrom(value: unknown, property: string): unknown {
  try {
    return (value as Record<string, unknown> | null | undefined)?.[property];
  } catch {
    return undefined;
  }
}
