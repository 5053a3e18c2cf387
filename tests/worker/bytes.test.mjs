// The gateway reads bodies and photos completely or not at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { collect as collectFrom } from "../../host/bytes.js";

const HOUR = 3_600_000;
const collect = (bytes, bounds) => collectFrom(bytes?.getReader(), bounds);
const stream = (...chunks) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new Uint8Array(chunk));
      controller.close();
    },
  });

test("a body is returned whole, or cut one byte past the limit", async () => {
  const whole = (bytes, limit) => collect(bytes, { limit, millis: HOUR });
  assert.deepEqual(await whole(null, 3), new Uint8Array());
  assert.deepEqual(await whole(stream(), 3), new Uint8Array());
  assert.deepEqual(await whole(stream([1], [2, 3]), 3), new Uint8Array([1, 2, 3]));
  assert.deepEqual(await whole(stream([1, 2, 3, 4]), 3), new Uint8Array([1, 2, 3, 4]));
  assert.deepEqual(await whole(stream([1, 2], [3, 4, 5, 6], [7]), 3), new Uint8Array([1, 2, 3, 4]));
});

test("a stream is read up to one byte beyond the limit", async () => {
  let cancelled = false;
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(10)),
    cancel: () => {
      cancelled = true;
    },
  });
  assert.equal((await collect(endless, { limit: 95, millis: HOUR })).length, 96);
  assert.ok(cancelled);
});

test("a body that breaks off or times out is discarded", async () => {
  const broken = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array([1]));
      queueMicrotask(() => controller.error(new Error("reset")));
    },
  });
  assert.equal(await collect(broken, { limit: 9, millis: HOUR }), undefined);
  let cancelled = false;
  const stalled = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array([1])),
    cancel: () => {
      cancelled = true;
    },
  });
  assert.equal(await collect(stalled, { limit: 9, millis: 1 }), undefined);
  assert.ok(cancelled);
});
