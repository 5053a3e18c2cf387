// The client's module receives its input completely, whatever its size.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pack, withBytes } from "../../pkg/dist/packed.js";

/** Parses members as `src/wasm/packed.rs` does. */
function members(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at, true);
    at += 4;
    assert.ok(at + length <= bytes.length);
    read.push(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(at, at + length)));
    at += length;
  }
  return read;
}

test("members of every kind, at sizes around the limit for small calls", () => {
  const kept = pack(["kept", 1]);
  for (const filling of ["x", "张", "𠮷", "é"]) {
    const { length } = new TextEncoder().encode(filling);
    for (let missing = -40; missing < 80; missing += 1) {
      const text = filling.repeat(Math.ceil((8192 - missing) / length));
      const given = [text, 1_790_000_000_000, "", "张三", 9_007_199_254_740_993n, "a".repeat(25), kept];
      const expected = [text, "1790000000000", "", "张三", "9007199254740993", "a".repeat(25), "kept", "1"];
      assert.deepEqual(withBytes(given, members), expected, `${filling} ${missing}`);
    }
  }
});

test("half a surrogate pair arrives as the replacement character", () => {
  assert.deepEqual(withBytes(["a\ud800", "\udc00".repeat(9_000)], members), [
    "a\ufffd",
    "\ufffd".repeat(9_000),
  ]);
});
