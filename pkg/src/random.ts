/** Numbers fetched per call of Web Crypto, which costs as much as signing. */
const AHEAD = 64;
const DIGITS = 16;

const bytes = new Uint8Array(AHEAD * DIGITS);
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
let left = 0;

/** 32 hexadecimal digits from the platform's source of randomness, new for each call. */
export function randomHex(): string {
  if (left === 0) {
    crypto.getRandomValues(bytes);
    left = AHEAD;
  }
  left -= 1;
  let digits = "";
  for (let at = left * DIGITS; at < (left + 1) * DIGITS; at += 1) {
    digits += hex[bytes[at]!]!;
    bytes[at] = 0;
  }
  return digits;
}
