import { joined } from "./bytes.js";
import { failureCode } from "./thrown.js";
import type { Fetch } from "./types.js";
import { endBy, type Ended, type Limits } from "./waits.js";

/** A request, signed and encoded. */
export interface SignedRequest {
  /** Default `POST`. */
  method?: "GET" | "POST";
  url: string;
  headers: [name: string, value: string][];
  body: string | undefined;
  /** Whether losing the connection costs more than opening one: the request cannot be repeated. */
  once?: boolean;
}

/**
 * A response, the reason why there is none, or the host's own code of a failed connection. `src/client/call.rs` reads
 * it.
 */
export type OutcomeKind =
  | "answered"
  | "timed-out"
  | "timed-out-unsent"
  | "too-large"
  | "aborted"
  | "aborted-unsent"
  | "not-connected"
  | "not-a-response"
  | "connection-failed"
  | (string & Record<never, never>);

/** The outcome of sending a request. */
export interface Outcome {
  kind: OutcomeKind;
  /** What was thrown. */
  error?: unknown;
  status?: number | undefined;
  headers?: [name: string, value: string][];
  body?: Uint8Array;
}

/**
 * Sends a request unchanged. Never throws: every failure is an outcome. The time limit covers the response body, too.
 */
export type Send = (request: SignedRequest, limits: Limits) => Promise<Outcome>;

/** Maximum size of a response; Alibaba Cloud's have a few kilobytes, because pictures are returned as URLs. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Uses `fetch`, which every runtime has. A response of more than `maxBytes` is `too-large`.
 *
 * @param isPassed whether the program passed this function. Its errors prove nothing about a start: they may come from
 *   another connection, which the function opened after the response.
 */
export function fetchTransport(fetch: Fetch, maxBytes: number = MAX_ANSWER_BYTES, isPassed = false): Send {
  const exchange = async (request: SignedRequest, controller: AbortController): Promise<Outcome> => {
    // workerd and browsers reject `fetch` if it is called as a method of another object.
    const response = await fetch.call(undefined, request.url, {
      method: request.method ?? "POST",
      headers: request.headers,
      ...(request.body !== undefined && { body: request.body }),
      // Following a redirect would send names and identity numbers to another host.
      redirect: "manual",
      // Bun sends a request again by itself if a connection from its pool closes without a response. Elsewhere, this is
      // the default.
      ...(request.once && { keepalive: false }),
      signal: controller.signal,
    });
    if (!isResponse(response)) return { kind: "not-a-response" };
    const body = await readAtMost(response, maxBytes);
    if (!body) {
      controller.abort();
      return { kind: "too-large" };
    }
    return { kind: "answered", status: response.status, headers: [...response.headers], body };
  };
  return (request, limits) =>
    new Promise((resolve) => {
      const controller = new AbortController();
      // The first outcome counts: a program's `fetch` may ignore the signal.
      const settle = (outcome: Outcome) => {
        release();
        resolve(outcome);
      };
      const release = endBy(limits, (kind) => {
        settle(outcomeOfEnd(kind, limits));
        controller.abort();
      });
      exchange(request, controller).then(settle, (error: unknown) =>
        settle({ kind: isPassed && request.once ? "connection-failed" : failureCode(error), error }),
      );
    });
}

/** The outcome of an attempt that timed out or was aborted. */
export function outcomeOfEnd(kind: Ended, { signal }: Limits): Outcome {
  return kind === "aborted" ? { kind, error: signal?.reason } : { kind };
}

/** Whether the value has the used members of a Response; also accepts Responses of other realms. */
const isResponse = (value: Partial<Response> | null | undefined): value is Response =>
  typeof value?.status === "number" &&
  typeof value.headers?.[Symbol.iterator] === "function" &&
  !value.bodyUsed &&
  (value.body === null || value.body === undefined || typeof value.body.getReader === "function");

/** The whole body; undefined if it exceeds `max` bytes. */
async function readAtMost(response: Response, max: number): Promise<Uint8Array | undefined> {
  if (!response.body) return new Uint8Array();
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
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
  return joined(chunks, length);
}
