/**
 * Plain data as one run of bytes, as `src/wasm/packed.rs` reads it: members separated by NUL. A
 * crossing into WebAssembly costs about as much as a hundred bytes in it, so each call crosses once.
 */

const NUL = "\0";
const MAX_64 = 2n ** 63n - 1n;

const encoder = new TextEncoder();
const scratch = new Uint8Array(8192);

/**
 * Gives members to a function as bytes. They may hold secrets: nothing of them stays behind.
 *
 * @template T
 * @param {string[]} members
 * @param {(bytes: Uint8Array) => T} use
 */
export function withBytes(members, use) {
  let text = `${members[0]}`;
  for (let at = 1; at < members.length; at += 1) text += NUL + members[at];
  if (text.length > scratch.length) return use(encoder.encode(text));
  const { read, written } = encoder.encodeInto(text, scratch);
  try {
    return use(read === text.length ? scratch.subarray(0, written) : encoder.encode(text));
  } finally {
    scratch.fill(0, 0, written);
  }
}

/**
 * An object as members in one: how many, then names and values; `!` for what is no object.
 * `undefined` and `null` are left out.
 */
export function packObject(object) {
  if (typeof object !== "object" || object === null || Array.isArray(object)) return "!";
  let count = 0;
  let packed = "";
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value === undefined || value === null) continue;
    count += 1;
    packed += `${NUL}${name.includes(NUL) ? "" : name}${NUL}${tagged(value)}`;
  }
  return `${count}${packed}`;
}

/** The members of an answer. */
export function unpack(packed) {
  return packed.split(NUL);
}

function tagged(value) {
  switch (typeof value) {
    case "string":
      return value.includes(NUL) ? "n" : `s${value}`;
    case "number":
      return Number.isSafeInteger(value) ? `i${value}` : "x";
    case "bigint":
      return value <= MAX_64 && value >= -MAX_64 ? `i${value}` : "x";
    case "boolean":
      return value ? "t" : "f";
    default:
      return "u";
  }
}
