/** Exceptions of user functions and platforms: the data for the core's decision, and a sanitized copy. */

/** Code, name and message, each a text. */
export function thrown(error) {
  return [failureCode(codeOf(error)), textOf(error, "name"), textOf(error, "message")];
}

/** The host's code of a failed connection, if any. */
export const failureCode = (code) => (typeof code === "string" && code !== "" ? code : "connection-failed");

/** The code of an error or its cause: `fetch` wraps the connection's error. */
export const codeOf = (error) => readFrom(readFrom(error, "cause"), "code") ?? readFrom(error, "code");

/**
 * Class names and codes of runtimes (`TypeError`, `ECONNRESET`, `UND_ERR_SOCKET`, `ConnectionRefused`): words without
 * digits, all capitals or each with one. A key, a number or an encoded text does not look like this.
 */
const WORD = /^(?:[A-Z]{2,}(?:_[A-Z]+)*|(?:[A-Z]+[a-z]{2,})+)$/;
/** A place in a program: a function's name, then a file or a module, a line and a column. */
const PLACE = /^ {4}at [\w$.<>[\] #]*\(?(?:file:\/\/|node:|\/|[A-Z]:\\)[\w$.@+~%\\/ -]+:\d+:\d+\)?$/;
const DEEPEST = 4;

/**
 * A sanitized copy of an exception. A message and other properties can contain a URL, a header, a name or a key, so a
 * new error is created: with the name and the code, each a single word, the stack trace, and the same for its cause.
 *
 * @param {unknown} error
 * @returns {Error | undefined} undefined if no object was thrown
 */
export function withoutData(error, depth = 0) {
  if (typeof error !== "object" || error === null || depth === DEEPEST) return undefined;
  const [name, code] = [word(error, "name") ?? "Error", word(error, "code")];
  const cause = withoutData(readFrom(error, "cause"), depth + 1);
  const kept = new Error(code ?? "", cause && { cause });
  // The message precedes the stack frames, and may have lines that look like them.
  const places = textOf(error, "stack")
    .replace(textOf(error, "message"), "")
    .split("\n")
    .filter((line) => PLACE.test(line));
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

const word = (error, property) => {
  const text = textOf(error, property);
  return WORD.test(text) ? text : undefined;
};

const textOf = (error, property) => {
  const value = readFrom(error, property);
  return typeof value === "string" ? value : "";
};

/** A property of any value; undefined if reading it fails. */
function readFrom(value, property) {
  try {
    return value?.[property];
  } catch {
    return undefined;
  }
}
