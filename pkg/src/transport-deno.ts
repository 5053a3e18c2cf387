import { failedToConnectOnDeno, NOT_CONNECTED } from "./thrown.js";
import { fetchTransport, MAX_ANSWER_BYTES, type Send } from "./transport.js";

/**
 * `fetch` on Deno, which sends a request again by itself if the server closes the connection without a response, even a
 * POST that the server has received. It cannot repeat a body that it reads as a stream, so a start has one: a Blob,
 * whose length is known. A start without a body, under ACS3, would become chunked and is left unchanged: Alibaba Cloud
 * refuses its second copy, because the nonce was used.
 *
 * @returns undefined in other runtimes
 */
export function denoTransport(maxBytes = MAX_ANSWER_BYTES): Send | undefined {
  if (!("Deno" in globalThis)) return undefined;
  // Looked up at each request, so that a test can replace it.
  const plain = fetchTransport((url, init) => globalThis.fetch(url, init), maxBytes);
  const single = fetchTransport(
    (url, init) => globalThis.fetch(url, { ...init, body: new Blob([init.body as string]) }),
    maxBytes,
  );
  return async function send(request, limits) {
    if (!request.once || request.body === undefined) return plain(request, limits);
    const outcome = await single(request, limits);
    const isUnsent = outcome.kind === "connection-failed" && failedToConnectOnDeno(outcome.error);
    return isUnsent ? { ...outcome, kind: NOT_CONNECTED } : outcome;
  };
}
