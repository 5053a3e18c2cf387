/** Every wait ends with its time and with the caller's signal. */

/** The callbacks of each signal that something waits for, and its one listener. */
const waiting = new WeakMap();

/**
 * Calls `end` when the signal fires. However many wait for one signal, it gets one listener: Node warns of
 * more than ten.
 *
 * @param {AbortSignal | undefined} signal
 * @param {() => void} end must not throw
 * @returns {() => void} to be called when there is nothing left to end
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
 * Calls `end` with `timed-out` or `aborted` when it is time for that.
 *
 * @returns {() => void} to be called when there is nothing left to end
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
 * What a promise gives, as `{ value }`, `{ error }`, or, when its time is up or the signal fires first,
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

/** Waits; ends at once when the signal fires, and what comes next then says so. */
export function sleep(millis, signal) {
  if (millis <= 0 || signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const release = endBy({ timeoutMillis: millis, signal }, () => {
      release();
      resolve();
    });
  });
}
