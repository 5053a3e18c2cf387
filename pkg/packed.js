/**
 * Plain data in one string, as `src/wasm/packed.rs` reads it: members separated by NUL. A crossing
 * into WebAssembly costs about as much as a hundred bytes in it, so each call crosses once.
 */

const NUL = "\0";
const MAX_64 = 2n ** 63n - 1n;

/** Stands for what is no object; a packed object is empty or holds a NUL. */
const NO_OBJECT = "!";

/** Names and values of an object. `undefined` and `null` are left out. */
export function packObject(object) {
  if (typeof object !== "object" || object === null || Array.isArray(object)) return NO_OBJECT;
  let packed = "";
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value === undefined || value === null) continue;
    packed += `${packed && NUL}${name.includes(NUL) ? "" : name}${NUL}${tagged(value)}`;
  }
  return packed;
}

/** Pairs of texts, such as headers. */
export function packPairs(pairs) {
  return pairs.flat().join(NUL);
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
