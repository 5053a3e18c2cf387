import assert from "node:assert/strict";
import { test } from "node:test";
import { consumer } from "./lib/consumer.mjs";
import { assertVerified, onlyLine } from "./lib/expected.mjs";
import { node } from "./lib/runtimes.mjs";
import { startSandbox } from "./lib/servers.mjs";

const { sandbox, endpoint } = await startSandbox();
const [esm, cjs] = [await consumer("esm"), await consumer("cjs")];

for (const major of [20, 22, 24, 26]) {
  test(`Node ${major}`, async (t) => {
    const program = node(major);
    assert.match(await esm.must(program, ["--version"]), new RegExp(`^v${major}\\.`));
    await t.test("import", async () => {
      const output = await esm.must(program, ["main.js"], { SANDBOX: endpoint });
      await assertVerified(onlyLine(output), sandbox);
    });
    await t.test("require", async () => {
      const output = await cjs.must(program, ["main.js"], { SANDBOX: endpoint });
      const { acrossCopies, ...result } = onlyLine(output);
      await assertVerified(result, sandbox);
      assert.deepEqual(acrossCopies, { guard: true, instanceOf: false });
    });
  });
}
