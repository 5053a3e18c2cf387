/**
 * Plain data as one byte array, which `src/wasm/packed.rs` reads: length-prefixed members. Crossing into WebAssembly
 * costs about as much as copying a hundred bytes, so each call crosses once.
 */

const NUL = "\0";
const MAX_64 = 2n ** 63n - 1n;
/** Bytes of a member's length, which is little-endian. */
const LENGTH = 4;
/** Texts shorter than this are copied, which is faster than calling the encoder. */
const SHORT = 24;

/** A text, a number, or a result of `pack`. */
export type Member = string | number | bigint | Uint8Array;

const encoder = new TextEncoder();
const scratch = new Uint8Array(8192);

/**
 * Passes members to a function as bytes. The buffer is cleared afterwards, because members may contain secrets.
 *
 * @param members including results of `pack`
 */
export function withBytes<T>(members: readonly Member[], use: (bytes: Uint8Array) => T): T {
  let bytes = scratch;
  let end = 0;
  try {
    // A for…of loop is slower here.
    for (let index = 0; index < members.length; index += 1) {
      const given = members[index]!;
      const member = typeof given === "object" ? given : `${given}`;
      let next = write(member, bytes, end);
      // Large members are mostly ASCII; if one is not, the buffer grows to the worst case.
      for (let times = 1; next < 0; times = 3) {
        const small = bytes;
        small.fill(0, end);
        bytes = new Uint8Array(2 * end + LENGTH + times * member.length + scratch.length);
        bytes.set(small.subarray(0, end));
        small.fill(0, 0, end);
        next = write(member, bytes, end);
      }
      end = next;
    }
    return use(bytes.subarray(0, end));
  } finally {
    bytes.fill(0, 0, end);
  }
}

/** Packs members that will be passed repeatedly. */
export function pack(members: readonly Member[]): Uint8Array {
  return withBytes(members, (bytes) => bytes.slice());
}

/** Writes a text or a result of `pack`; returns its end, or -1 if it does not fit. */
function write(member: string | Uint8Array, bytes: Uint8Array, at: number): number {
  if (typeof member === "object") {
    if (at + member.length > bytes.length) return -1;
    bytes.set(member, at);
    return at + member.length;
  }
  const from = at + LENGTH;
  if (from + member.length > bytes.length) return -1;
  let end = from;
  if (member.length <= SHORT) end = copyAscii(member, bytes, from);
  if (end - from < member.length) {
    const { read, written } = encoder.encodeInto(member, bytes.subarray(from));
    if (read < member.length) return -1;
    end = from + written;
  }
  const length = end - from;
  bytes[at] = length;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length >>> 16;
  bytes[at + 3] = length >>> 24;
  return end;
}

/** Copies a text; returns its end, or `from` if it is not ASCII. A separate function is optimized better. */
function copyAscii(text: string, bytes: Uint8Array, from: number): number {
  const { length } = text;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return from;
    bytes[from + at] = code;
  }
  return from + length;
}

/**
 * An object as members: a letter for each value's type, then names and values; `!` if it is not an object. `undefined`
 * and `null` are omitted.
 */
export function packObject(object: unknown): [string, ...Member[]] {
  if (typeof object !== "object" || object === null || Array.isArray(object)) return ["!"];
  const packed: [string, ...Member[]] = [""];
  for (const name of Object.keys(object)) {
    const value = (object as Record<string, unknown>)[name];
    if (value === undefined || value === null) continue;
    const type = typeOf(value);
    packed[0] += type;
    packed.push(name, type === "s" || type === "i" ? (value as Member) : "");
  }
  return packed;
}

/** The NUL-separated members of a result. */
export function unpack(packed: string): string[] {
  return packed.split(NUL);
}

function typeOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return "s";
    case "number":
      return Number.isSafeInteger(value) ? "i" : "x";
    case "bigint":
      return value <= MAX_64 && value >= -MAX_64 ? "i" : "x";
    case "boolean":
      return value ? "t" : "f";
    default:
      return "u";
  }
}
