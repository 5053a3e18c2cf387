import { codeOf, failureCode } from "./thrown.js";
import { endBy } from "./waits.js";

/**
 * Sends a request that stands as it is and tells what became of it: `answered`, `timed-out`,
 * `too-large`, `aborted`, `not-a-response`, or the host's own code of a failed connection. Never throws:
 * every failure is an outcome, with the `error` that was thrown. The time limit covers the answer's body.
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
    const controller = new AbortController();
    let ended;
    const release = endBy(limits, (kind) => {
      ended ??= outcomeOfEnd(kind, limits);
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
      if (!isResponse(response)) return ended ?? { kind: "not-a-response" };
      const body = await readAtMost(response, MAX_ANSWER_BYTES);
      if (ended) return ended;
      if (!body) {
        controller.abort();
        return { kind: "too-large" };
      }
      return { kind: "answered", status: response.status, headers: [...response.headers], body };
    } catch (error) {
      return ended ?? { kind: failureCode(codeOf(error)), error };
    } finally {
      release();
    }
  };
}

/** The outcome of an attempt that its time or the caller's signal ended. */
export function outcomeOfEnd(kind, { signal }) {
  return kind === "aborted" ? { kind, error: signal.reason } : { kind };
}

/** Whether it has all that is read of a Response. Those of other realms count, too. */
const isResponse = (value) =>
  typeof value?.status === "number" &&
  typeof value.headers?.[Symbol.iterator] === "function" &&
  !value.bodyUsed &&
  (value.body === null || value.body === undefined || typeof value.body.getReader === "function");

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
