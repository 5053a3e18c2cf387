/** Waits that a time limit or the caller's signal can end. */

/** What can end a wait early. */
export interface Limits {
  timeoutMillis: number;
  signal?: AbortSignal | undefined;
}

/** What ended a wait early. */
export type Ended = "timed-out" | "aborted";

/** The callbacks of each awaited signal, and its single listener. */
const waiting = new WeakMap<AbortSignal, { ends: Set<() => void>; listener: () => void }>();

/**
 * Calls `end` when the signal fires, or soon if it has fired already. Each signal gets only one listener, because Node warns about more than
 * ten.
 *
 * @param end must not throw
 * @returns a function to call when the wait is over
 */
export function onAbort(signal: AbortSignal | undefined, end: () => void): () => void {
  if (!signal) return () => {};
  if (signal.aborted) {
    // It no longer fires.
    let over = false;
    queueMicrotask(() => over || end());
    return () => {
      over = true;
    };
  }
  const ends = waiting.get(signal)?.ends ?? new Set<() => void>();
  if (!waiting.has(signal)) {
    const listener = () => {
      for (const end of ends) end();
    };
    waiting.set(signal, { ends, listener });
    signal.addEventListener("abort", listener, { once: true });
  }
  const entry = () => end();
  ends.add(entry);
  return () => {
    ends.delete(entry);
    const current = waiting.get(signal);
    if (current?.ends !== ends || ends.size > 0) return;
    waiting.delete(signal);
    signal.removeEventListener("abort", current.listener);
  };
}

/** A longer timer would fire at once. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1;

/**
 * Calls `end` with `timed-out` or `aborted`.
 *
 * @returns a function to call when the wait is over
 */
export function endBy({ timeoutMillis, signal }: Limits, end: (ended: Ended) => void): () => void {
  const timer = setTimeout(end, Math.min(timeoutMillis, LONGEST_TIMER_MILLIS), "timed-out");
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
export function within<T>(
  limits: Limits,
  promise: Promise<T>,
): Promise<{ value?: T; error?: unknown; ended?: Ended }> {
  return new Promise((resolve) => {
    const settle = (outcome: { value?: T; error?: unknown; ended?: Ended }) => {
      release();
      resolve(outcome);
    };
    const release = endBy(limits, (ended) => settle({ ended }));
    promise.then(
      (value) => settle({ value }),
      (error: unknown) => settle({ error }),
    );
  });
}

/**
 * Calls a program's hook, and waits for its promise until the time limit or the signal ends the wait.
 * @throws what the hook throws
 */
export async function callHook<T>(
  hook: ((value: T) => unknown) | undefined,
  value: T,
  limits: Limits,
): Promise<void> {
  if (!hook) return;
  const called = await within(limits, (async () => hook(value))());
  if ("error" in called) throw called.error;
}

/** Measures the milliseconds from now on. Setting the system clock does not change them. */
export function stopwatch(): () => number {
  const beganAt = performance.now();
  return () => performance.now() - beganAt;
}

/** Waits. Resolves immediately if the signal fires; the next step then reports it. */
export function sleep(millis: number, signal: AbortSignal | undefined): Promise<void> {
  if (millis <= 0 || signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const release = endBy({ timeoutMillis: millis, signal }, () => {
      release();
      resolve();
    });
  });
}
