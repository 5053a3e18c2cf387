// Mocking libraries intercept the client's requests on Node, and their responses arrive.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { must } from "../../scripts/lib/process.mjs";
import { projectEnv } from "../../scripts/lib/project.mjs";
import { printed } from "./lib/expected.mjs";
import { node } from "./lib/runtimes.mjs";

const program = fileURLToPath(new URL("lib/mocks.mjs", import.meta.url));
/** Ends a program that hangs; not a limit on speed. */
const LIMIT_MS = 4 * 60_000;

for (const library of ["nock", "nock-13", "msw"]) {
  for (const major of [20, 24]) {
    test(`${library} on Node ${major}`, async () => {
      // A warning, for example about too many listeners, would be an additional line.
      const run = ["-c", 'exec "$0" "$@" 2>&1', node(major), program, library];
      const [result] = printed(await must("sh", run, { env: projectEnv(), limitMs: LIMIT_MS }));
      assert.deepEqual(result, {
        certifyId: "91707dc296d469ad38e4c5efa6a0f24b",
        sent: "张三",
        broken: ["transport", "ConnectionFailed", "unknown"],
        aborted: ["aborted", "Aborted", "unknown"],
        statuses: ["pending"],
      });
    });
  }
}
