/**
 * Sends a request that stands as it is and tells what became of it: `answered`, `timed-out`,
 * `too-large`, `aborted`, or the host's own code of a failed connection. Never throws: every
 * failure is an outcome. The time limit covers the answer's body.
 */

/** Alibaba Cloud's answers have a few kilobytes; pictures come as addresses. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * By `fetch`, which every runtime has.
 *
 * @param {typeof globalThis.fetch} fetch
 * @returns {(request: object, limits: { timeoutMillis: number, signal?: AbortSignal }) => Promise<object>}
 */
export function fetchTransport(fetch) {
  return async function send(request, limits) {
    if (limits.signal?.aborted) return { kind: "aborted" };
    const controller = new AbortController();
    let ended;
    const release = endBy(limits, (kind) => {
      ended ??= kind;
      controller.abort();
    });
    try {
      // workerd and browsers refuse a fetch that is called as a method of something else.
      const response = await fetch.call(undefined, request.url, {
        method: "POST",
        headers: request.headers,
        body: request.body,
        // A redirect would carry names and identity numbers to another place.
        redirect: "manual",
        signal: controller.signal,
      });
      const body = await readAtMost(response, MAX_ANSWER_BYTES);
      if (ended) return { kind: ended };
      if (!body) {
        controller.abort();
        return { kind: "too-large" };
      }
      return { kind: "answered", status: response.status, headers: [...response.headers], body };
    } catch (error) {
      if (ended) return { kind: ended };
      return { kind: failureCode(error?.cause?.code ?? error?.code) };
    } finally {
      release();
    }
  };
}

/**
 * Calls `end` with `timed-out` or `aborted` when it is time for that.
 *
 * @returns {() => void} to be called when there is nothing left to end
 */
export function endBy({ timeoutMillis, signal }, end) {
  const abort = () => end("aborted");
  const timer = setTimeout(end, timeoutMillis, "timed-out");
  signal?.addEventListener("abort", abort, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  };
}

/** The host's code of a failed connection, where it gave one. */
export const failureCode = (code) => (typeof code === "string" ? code : "connection-failed");

/** The whole body, or undefined when it is larger than `max` bytes. */
async function readAtMost(response, max) {
  if (!response.body) return new Uint8Array();
  const reader = response.body.getReader();
  const chunks = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > max) {
      reader.cancel().catch(() => {});
      return undefined;
    }
    chunks.push(value);
  }
  if (chunks.length === 1) return chunks[0];
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}
