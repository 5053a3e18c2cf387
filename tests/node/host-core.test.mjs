// What the gateway's hosts pass to its module.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { loadCore, settingsText } from "../../host/core.js";

const core = loadCore(
  readFileSync(new URL("../../pkg/wasm/gateway/cloudauth_edge_bg.wasm", import.meta.url)),
);

test("an error thrown by a failed call is not passed on, whatever it holds", () => {
  const error = new TypeError("fetch failed");
  error.cause = error;
  error.self = error;
  error.toJSON = () => assert.fail("it was read");
  const settings = settingsText({ GATEWAY_MODE: "development" });
  const moment = { now: 1_790_000_000_000, random: new Uint8Array(32), stopping: false };
  const step = (happened) =>
    core.step(settings, core.alarm(), happened, { rows: [], ranges: [] }, "", moment);
  assert.deepEqual(step({ kind: "ECONNRESET", error }), step({ kind: "ECONNRESET" }));
});
