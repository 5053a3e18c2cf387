import type { Agent, ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { failureCode, NOT_CONNECTED } from "./thrown.js";
import { MAX_ANSWER_BYTES, outcomeOfEnd, type Outcome, type Send, type SignedRequest } from "./transport.js";
import { endBy, type Limits } from "./waits.js";

/**
 * Like `fetchTransport`, but with node:http and node:https: on Node, `fetch` costs more CPU time than everything else
 * in a call.
 *
 * Uses the process's global agents: connections are kept alive without keeping the process alive, and follow its
 * settings for proxies (NODE_USE_ENV_PROXY) and certificates.
 *
 * The server may close a kept-alive connection just as it is reused. This is indistinguishable from a server that fails
 * during a request, so it is reported rather than retried here: the core decides. To make it rare, a start uses no
 * connection that has been idle for long.
 *
 * @returns undefined where `fetch` is better: Bun and Deno emulate these modules
 */
export function nodeTransport(): Send | undefined {
  const { getBuiltinModule, versions }: Partial<NodeJS.Process> = globalThis.process ?? {};
  if (!getBuiltinModule || !versions || versions["bun"] || versions["deno"]) return undefined;
  return async function send(request, limits) {
    // Looked up for each call: loading node:https takes 20 ms, and tools replace `request` to intercept requests.
    const secure = request.url.startsWith("https:");
    return exchange(getBuiltinModule(secure ? "node:https" : "node:http"), request, limits);
  };
}

function exchange(
  http: Pick<typeof import("node:http"), "request" | "globalAgent">,
  { method = "POST", url, headers, body, once }: SignedRequest,
  limits: Limits,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let sending: ClientRequest | undefined;
    // Later events add nothing.
    const settle = (outcome: Outcome) => {
      release();
      resolve(outcome);
    };
    const fail = (error?: unknown) =>
      settle({ kind: isUnsent(sending?.socket) ? NOT_CONNECTED : failureCode(error), error });
    const release = endBy(limits, (kind) => {
      const outcome = outcomeOfEnd(kind, limits);
      settle(isConnecting(sending?.socket) ? { ...outcome, kind: UNSENT[kind] } : outcome);
      sending?.destroy();
    });
    const begin = () => {
      if (once) closeStale(http.globalAgent);
      try {
        sending = http.request(url, {
          method,
          // Without this header, a response could have any encoding.
          headers: { ...Object.fromEntries(headers), "accept-encoding": "identity" },
        });
      } catch (error) {
        // A bug in the program, such as a replaced `request` that throws.
        return settle({ kind: failureCode(error), error });
      }
      attend(sending);
      sending.end(body);
    };
    const attend = (request: ClientRequest) => {
      request.on("error", (error) => request === sending && fail(error));
      if (once)
        // For connections that closeStale() does not know. Emitted before anything is written, and nothing is written to
        // a destroyed socket.
        request.on("socket", (socket) => {
          if (!request.reusedSocket || isFresh(socket)) return;
          request.destroy();
          if (socket.destroyed) begin();
        });
      // The server switched protocols without being asked. `close` is not used, because it precedes the response if a
      // tool such as nock replaces the network.
      request.on("upgrade", (_, socket) => {
        fail();
        socket.destroy();
      });
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length <= MAX_ANSWER_BYTES) return;
          settle({ kind: "too-large" });
          request.destroy();
        });
        response.on("error", fail);
        // Emitted last; `end` is missing if the response is truncated.
        response.on("close", () => response.readableEnded || fail());
        response.on("end", () => {
          if (request.socket) lastUsed.set(request.socket, Date.now());
          const { statusCode: status, headers: named } = response;
          const headers = Object.entries(named).map(([name, value]): [string, string] => [
            name,
            String(value),
          ]);
          const [first] = chunks;
          const whole = first && chunks.length === 1 ? first : Buffer.concat(chunks, length);
          unpack(whole, named["content-encoding"], (body) =>
            settle(body ? { kind: "answered", status, headers, body } : { kind: "too-large" }),
          );
        });
      });
    };
    begin();
  });
}

/** When the connections of earlier requests were last used. */
const lastUsed = new WeakMap<object, number>();

/**
 * How long a connection can be idle before a start. A server, or a NAT, may have closed it unnoticed while the process
 * was frozen or busy, and a start that is lost there is not repeated.
 */
const MAX_IDLE_MILLIS = 2_000;

function isFresh(socket: object): boolean {
  const idle = Date.now() - (lastUsed.get(socket) ?? -Infinity);
  return idle >= 0 && idle < MAX_IDLE_MILLIS;
}

/**
 * Closes the unused connections that a start must not use. If the agent chose them first, each would cost a request that
 * fails, which instrumentations report as an error.
 */
function closeStale({ freeSockets }: Partial<Agent>): void {
  for (const socket of Object.values(freeSockets ?? {}).flatMap((sockets) => sockets ?? []))
    if (lastUsed.has(socket) && !isFresh(socket)) socket.destroy();
}

const DECODERS: Record<string, "unzip" | "brotliDecompress" | "zstdDecompress"> = {
  gzip: "unzip",
  "x-gzip": "unzip",
  deflate: "unzip",
  br: "brotliDecompress",
  zstd: "zstdDecompress",
};

/**
 * Decodes a content encoding that was declined but used anyway. `done` receives nothing if the body is too large, and
 * the unchanged body if it cannot be decoded, which the core then reports.
 */
function unpack(
  body: Uint8Array,
  encoding: string | undefined,
  done: (body: Uint8Array | undefined) => void,
): void {
  if (!encoding) return done(body);
  const zlib = globalThis.process.getBuiltinModule("node:zlib");
  const name = DECODERS[encoding.trim().toLowerCase()];
  // Node 20 has no zstd.
  const decode = name && (zlib[name] as typeof zlib.unzip | undefined);
  if (!decode) return done(body);
  decode(body, { maxOutputLength: MAX_ANSWER_BYTES }, (error, unpacked) =>
    done(
      (error as NodeJS.ErrnoException | null)?.code === "ERR_BUFFER_TOO_LARGE"
        ? undefined
        : (unpacked ?? body),
    ),
  );
}

/** Outcomes if the connection was not established: nothing was sent, so even a start can be retried. */
const UNSENT = { "timed-out": NOT_CONNECTED, aborted: "aborted-unsent" };

/** Whether nothing of a request in progress was sent: it has no socket yet, or one that is not connected. */
const isConnecting = (socket: MaybeSecure | null | undefined): boolean =>
  isUnsent(socket) || (isNodes(socket) && socket.connecting);

/**
 * Whether nothing of a failed request was sent: it never had a socket, or the TLS handshake was not over, before which
 * Node sends nothing. A failed socket no longer shows whether it was `connecting`.
 */
const isUnsent = (socket: MaybeSecure | null | undefined): boolean =>
  socket === null || (isNodes(socket) && socket.secureConnecting === true);

/**
 * Whether the socket is Node's own. Those of tools that replace the network may inherit from it, and show nothing: they
 * can be `connecting` until they respond.
 */
function isNodes(socket: MaybeSecure | null | undefined): socket is MaybeSecure {
  const { getBuiltinModule } = globalThis.process;
  const { Socket } = getBuiltinModule("node:net");
  const { TLSSocket } = getBuiltinModule("node:tls");
  return Boolean(socket) && [Socket.prototype, TLSSocket.prototype].includes(Object.getPrototypeOf(socket));
}

type MaybeSecure = Socket & { secureConnecting?: boolean };
