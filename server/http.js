/** Connects node:http to the code that all hosts share. */

import { once } from "node:events";
import { createServer } from "node:http";
import { isIPv6 } from "node:net";
import { handle } from "../host/front.js";
import { logFailure } from "../host/log.js";
import { parsed } from "../host/target.js";
import { refuseUnreadable } from "../pkg/dist/unreadable.js";

/**
 * @import { BlockList } from "node:net"
 * @import { IncomingMessage, Server, ServerResponse } from "node:http"
 * @import { Reader } from "../host/bytes.js"
 * @import { Host, Headers, Message } from "../host/types.js"
 *
 * @typedef {{ status: number, headers: Headers, body: string | Uint8Array | null }} Page
 */

/** Maximum size of the request line and headers; official SDKs put names, numbers and MetaInfo into the URL. */
const HEADERS_MAX_BYTES = 128 * 1024;
const HEADERS_TIMEOUT_MS = 15_000;
/** Longer than the core's time limit for a body. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than the idle time-out of common reverse proxies, so that the proxy closes first. */
const KEEP_ALIVE_MS = 75_000;

/**
 * @param {(message: Message, disconnected: AbortSignal) => Host<Page>} hostFor the host of this request; the signal aborts when its
 *   client disconnects, or when `release` ends all waits for verdicts and bodies
 * @param {BlockList} trustedProxies
 * @param {() => boolean} stopping
 * @param {Headers} mark the headers with which a gateway marks that its verifications are simulated
 * @returns {{ server: Server, release: () => void }}
 */
export function httpServer(hostFor, trustedProxies, stopping, mark) {
  /** @type {Set<AbortController>} */
  const openRequests = new Set();

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async function respond(request, response) {
    const message = plain(request, trustedProxies);
    let opened = false;
    const open = () => {
      opened = true;
      return readerOf(request, disconnected.signal);
    };
    const disconnected = new AbortController();
    openRequests.add(disconnected);
    if (stopping()) disconnected.abort();
    response.once("close", () => {
      openRequests.delete(disconnected);
      if (!response.writableFinished) disconnected.abort();
      if (stopping()) hangUp();
    });
    const answered = await handle(hostFor(message, disconnected.signal), message, open);
    const { status, headers, body } = answered.page
      ? { ...answered.page, headers: [...answered.page.headers, ...answered.headers] }
      : answered;
    for (const [name, value] of headers) response.appendHeader(name, value);
    if (body !== null) response.setHeader("content-length", Buffer.byteLength(body));
    // Node discards a body that was not opened. After a body that was read in part, the connection cannot carry
    // another request.
    if (stopping() || (opened && !request.complete)) response.setHeader("connection", "close");
    response.writeHead(status).end(request.method === "HEAD" ? null : body);
  }
  /**
   * The response to a request that the core cannot read. Most likely an official SDK sent it, with a long URL; it
   * reports Code and Message.
   *
   * @param {number} status
   * @param {string} code
   * @param {string} message
   */
  function unreadable(status, code, message) {
    const requestId = crypto.randomUUID().toUpperCase();
    // Browsers open connections in advance and let them time out.
    if (status !== 408) console.log(JSON.stringify({ requestId, status, outcome: "unreadable-request" }));
    return {
      headers: /** @type {Headers} */ ([["content-type", "application/json;charset=utf-8"], ...mark]),
      body: JSON.stringify({ RequestId: requestId, Code: code, Message: message }),
    };
  }
  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async function serve(request, response) {
    try {
      if (request.httpVersion === "1.1" && request.headers.host === undefined) {
        const { headers, body } = unreadable(400, "BadRequest", "The request has no Host header.");
        for (const [name, value] of headers) response.setHeader(name, value);
        response.setHeader("content-length", Buffer.byteLength(body));
        response.setHeader("connection", "close");
        response.writeHead(400).end(body);
      } else await respond(request, response);
    } catch (/** @type {any} */ error) {
      logFailure({ connection: "failed" }, error);
      request.socket.destroy();
    }
  }
  /** A connection that has sent no request keeps `server.close` waiting. */
  function hangUp() {
    if (openRequests.size === 0) server.closeAllConnections();
  }
  const server = createServer(
    {
      maxHeaderSize: HEADERS_MAX_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requireHostHeader: false,
    },
    serve,
  );
  // Node's own responses to an unknown expectation and to a request without a host would lack the mark, and a line in the
  // log.
  server.on("checkExpectation", serve);
  server.on("clientError", (error, socket) => refuseUnreadable(error, socket, unreadable));
  return {
    server,
    release() {
      for (const disconnected of openRequests) disconnected.abort();
      hangUp();
    },
  };
}

/**
 * Resolves to the URL when the server is listening.
 *
 * @param {Server} server
 * @param {{ host: string, port: number }} place
 */
export async function listen(server, { host, port }) {
  server.listen(port, host);
  await once(server, "listening");
  const { address, port: bound } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return `http://${isIPv6(address) ? `[${address}]` : address}:${bound}`;
}

/**
 * A request in the core's format, without the body.
 *
 * @param {IncomingMessage} request
 * @param {BlockList} trustedProxies
 * @returns {Message}
 */
function plain(request, trustedProxies) {
  const headers = headersOf(request.rawHeaders);
  // The first of several proxies reports the host that the client sees.
  const forwarded = trusted(request.socket.remoteAddress, trustedProxies)
    ? headers.get("x-forwarded-host")?.split(",", 1)[0]?.trim()
    : undefined;
  const { method = "", url: target = "" } = request;
  const { path, query } = parsed(target);
  return {
    method,
    path,
    query,
    headers: [...headers],
    host: forwarded || (headers.get("host") ?? ""),
    freshId: crypto.randomUUID(),
  };
}

/**
 * @param {string | undefined} address
 * @param {BlockList} proxies
 */
function trusted(address, proxies) {
  if (address === undefined) return false;
  const four = address.replace(/^::ffff:(?=[\d.]+$)/, "");
  return proxies.check(four, isIPv6(four) ? "ipv6" : "ipv4");
}

/**
 * Headers in lower case, with duplicates joined, like the Worker's `Headers`.
 *
 * @param {string[]} raw names and values in turn
 */
function headersOf(raw) {
  /** @type {Map<string, string>} */
  const headers = new Map();
  for (let at = 0; at < raw.length; at += 2) {
    const [name = "", value = ""] = raw.slice(at, at + 2);
    const known = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), known === undefined ? value : `${known}, ${value}`);
  }
  return headers;
}

/**
 * Reads the body; `cancel` keeps the connection open for the response.
 *
 * @param {IncomingMessage} request
 * @param {AbortSignal} disconnected ends the reading
 * @returns {Reader}
 */
function readerOf(request, disconnected) {
  const chunks = request.iterator({ destroyOnReturn: false });
  /** @type {Promise<never>} */
  const ended = new Promise((_, reject) => {
    const end = () => reject(disconnected.reason);
    // The request arrived during the shutdown, and its body is probably there.
    if (disconnected.aborted) setTimeout(end, 1_000).unref();
    else disconnected.addEventListener("abort", end);
  });
  ended.catch(() => {});
  return {
    read: () => Promise.race([chunks.next(), ended]),
    cancel: async () => void request.pause(),
  };
}
