/**
 * Sends a request that stands as it is and tells what became of it: `answered`, `timed-out`,
 * `too-large`, `aborted`, or the host's own code of a failed connection. Never throws: every
 * failure is an outcome. The time limit covers the answer's body.
 */

/** The vendor's answers have a few kilobytes; pictures come as addresses. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * @param {typeof globalThis.fetch} fetch
 * @returns {(request: object, limits: { timeoutMillis: number, signal?: AbortSignal }) => Promise<object>}
 */
export function fetchTransport(fetch) {
  return async function send(request, { timeoutMillis, signal }) {
    const controller = new AbortController();
    let ended;
    const end = (kind) => {
      ended ??= kind;
      controller.abort();
    };
    const timer = setTimeout(end, timeoutMillis, "timed-out");
    const abort = () => end("aborted");
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
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
      const code = error?.cause?.code ?? error?.code;
      return { kind: typeof code === "string" ? code : "connection-failed" };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  };
}

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
