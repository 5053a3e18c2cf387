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
 * @param {(string | number)[]} members
 * @param {(bytes: Uint8Array) => T} use
 */
export function withBytes(members, use) {
  let text = `${members[0]}`;
  for (let at = 1; at < members.length; at += 1) text += NUL + members[at];
  if (text.length > scratch.length) return withLargeBytes(members, text.length, use);
  const { read, written } = encoder.encodeInto(text, scratch);
  try {
    if (read < text.length) return withLargeBytes(members, text.length, use);
    return use(scratch.subarray(0, written));
  } finally {
    scratch.fill(0, 0, written);
  }
}

/**
 * One by one: in one text, a single Chinese character would make a picture of a million characters two million bytes
 * that are first put together and then encoded.
 */
function withLargeBytes(members, length, use) {
  // Little of what is large is not ASCII; if there is more, there is room for the worst.
  for (const room of [length + scratch.length, 3 * length]) {
    const bytes = new Uint8Array(room);
    let at = 0;
    const complete = members.every((member, index) => {
      if (index > 0) at += NUL.length;
      const text = `${member}`;
      const { read, written } = encoder.encodeInto(text, bytes.subarray(at));
      at += written;
      return read === text.length;
    });
    try {
      if (complete) return use(bytes.subarray(0, at));
    } finally {
      bytes.fill(0, 0, at);
    }
  }
}

/**
 * An object as members: how many, then names and values; `!` for what is no object. `undefined` and `null` are
 * left out.
 */
export function packObject(object) {
  if (typeof object !== "object" || object === null || Array.isArray(object)) return ["!"];
  const packed = [0];
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value === undefined || value === null) continue;
    packed[0] += 1;
    const [type, text] = typed(value);
    packed.push(type + (name.includes(NUL) ? "" : name), text);
  }
  return packed;
}

/** Members as one, for what is given again and again. */
export function pack(members) {
  return members.join(NUL);
}

/** The members of an answer. */
export function unpack(packed) {
  return packed.split(NUL);
}

/** A letter for the value's type, and its text. */
function typed(value) {
  switch (typeof value) {
    case "string":
      return value.includes(NUL) ? ["n", ""] : ["s", value];
    case "number":
      return Number.isSafeInteger(value) ? ["i", value] : ["x", ""];
    case "bigint":
      return value <= MAX_64 && value >= -MAX_64 ? ["i", value] : ["x", ""];
    case "boolean":
      return [value ? "t" : "f", ""];
    default:
      return ["u", ""];
  }
}
