/** Waits that end with a time limit or the caller's signal. */

/** The callbacks of each awaited signal, and its single listener. */
const waiting = new WeakMap();

/**
 * Calls `end` when the signal fires. Each signal gets one listener, because Node warns about more than ten.
 *
 * @param {AbortSignal | undefined} signal
 * @param {() => void} end must not throw
 * @returns {() => void} call it when the wait is over
 */
export function onAbort(signal, end) {
  if (!signal) return () => {};
  const ends = waiting.get(signal)?.ends ?? new Set();
  if (!waiting.has(signal)) {
    const listener = () => {
      waiting.delete(signal);
      for (const end of ends) end();
    };
    waiting.set(signal, { ends, listener });
    signal.addEventListener("abort", listener, { once: true });
  }
  const entry = () => end();
  ends.add(entry);
  return () => {
    ends.delete(entry);
    const { ends: current, listener } = waiting.get(signal) ?? {};
    if (current !== ends || ends.size > 0) return;
    waiting.delete(signal);
    signal.removeEventListener("abort", listener);
  };
}

/**
 * Calls `end` with `timed-out` or `aborted`.
 *
 * @returns {() => void} call it when the wait is over
 */
export function endBy({ timeoutMillis, signal }, end) {
  const timer = setTimeout(end, timeoutMillis, "timed-out");
  const release = onAbort(signal, () => end("aborted"));
  return () => {
    clearTimeout(timer);
    release();
  };
}

/**
 * The outcome of a promise as `{ value }`, `{ error }` or, if the time limit or the signal comes first,
 * `{ ended: "timed-out" }` or `{ ended: "aborted" }`.
 */
export function within(limits, promise) {
  return new Promise((resolve) => {
    const settle = (outcome) => {
      release();
      resolve(outcome);
    };
    const release = endBy(limits, (ended) => settle({ ended }));
    promise.then(
      (value) => settle({ value }),
      (error) => settle({ error }),
    );
  });
}

/** Waits; ends immediately when the signal fires, which the next step then reports. */
export function sleep(millis, signal) {
  if (millis <= 0 || signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const release = endBy({ timeoutMillis: millis, signal }, () => {
      release();
      resolve();
    });
  });
}
