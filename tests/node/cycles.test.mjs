// The import check of the lint.

import assert from "node:assert/strict";
import { test } from "node:test";
import { circles, imports } from "../../scripts/cycles.mjs";

const found = (sources) => circles(imports(sources));

test("a circle is found, also behind a `mod tests;`", () => {
  const below = { "low.rs": "use crate::high::{self, High};" };
  for (const high of ["", "#[cfg(test)]\nmod tests;\n", "#[cfg(all(test, unix))]\nmod tests;\n"])
    assert.deepEqual(found({ ...below, "high/mod.rs": `mod part;\n${high}use crate::low::Low;` }), [
      ["high", "low"],
    ]);
  assert.deepEqual(found({ "a/mod.rs": "use self::b::B;", "a/b.rs": "fn f() { super::g(); }" }), [
    ["a", "a::b"],
  ]);
});

test("imports in one direction, and those of unit tests, form no circle", () => {
  const high = "use crate::low::Low;";
  for (const low of [
    "use crate::lowest::Lowest;",
    "// use crate::high::High;",
    "#[cfg(test)]\nmod tests {\n    use crate::high::High;\n}\n",
    "#[cfg(all(test, unix))]\n#[allow(clippy::unwrap_used)]\nmod tests {\n    use crate::high::High;\n}\n",
  ])
    assert.deepEqual(found({ "high.rs": high, "low.rs": low, "lowest.rs": "" }), []);
});
