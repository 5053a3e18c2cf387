/** Connects node:http to the code that all hosts share. */

import { once } from "node:events";
import { createServer } from "node:http";
import { isIPv6 } from "node:net";
import { handle } from "../host/front.js";

/** Maximum size of headers; older SDKs put names, numbers and MetaInfo into the URL. */
const HEADERS_MAX_BYTES = 64 * 1024;
const HEADERS_TIMEOUT_MS = 15_000;
/** Longer than the core's time limit for a body. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than the idle time-out of common reverse proxies, so that the proxy closes first. */
const KEEP_ALIVE_MS = 75_000;

/**
 * @param {(message: object, gone: AbortSignal) => object} hostFor the host of this request; the signal aborts when its
 *   client disconnects, or when `release` ends all waits for verdicts
 * @param {import("node:net").BlockList} trustedProxies
 * @param {() => boolean} stopping
 * @returns {{ server: import("node:http").Server, release: () => void }}
 */
export function httpServer(hostFor, trustedProxies, stopping) {
  const listening = new Set();

  async function respond(request, response) {
    const message = plain(request, trustedProxies);
    let opened = false;
    const open = () => {
      opened = true;
      return readerOf(request);
    };
    const gone = new AbortController();
    listening.add(gone);
    if (stopping()) gone.abort();
    response.once("close", () => {
      listening.delete(gone);
      gone.abort();
    });
    const { page, ...answered } = await handle(hostFor(message, gone.signal), message, open);
    const { status, headers, body } = page ?? answered;
    for (const [name, value] of headers) response.appendHeader(name, value);
    if (body !== null) response.setHeader("content-length", Buffer.byteLength(body));
    // Node discards a body that was not opened. After a body that was read in part, the connection cannot carry
    // another request.
    if (stopping() || (opened && !request.complete)) response.setHeader("connection", "close");
    response.writeHead(status).end(request.method === "HEAD" ? null : body);
  }
  const server = createServer(
    {
      maxHeaderSize: HEADERS_MAX_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    async (request, response) => {
      try {
        await respond(request, response);
      } catch (error) {
        console.error(JSON.stringify({ connection: "failed", error: String(error?.name ?? "Error") }));
        request.socket.destroy();
      }
    },
  );
  return {
    server,
    release() {
      for (const gone of listening) gone.abort();
    },
  };
}

/** Resolves to the URL when the server is listening. */
export async function listen(server, { host, port }) {
  server.listen(port, host);
  await once(server, "listening");
  const { address, port: bound } = server.address();
  return `http://${isIPv6(address) ? `[${address}]` : address}:${bound}`;
}

/** A request in the core's format, without the body. */
function plain(request, trustedProxies) {
  const headers = headersOf(request.rawHeaders);
  const given = (name) => headers.find(([known]) => known === name)?.[1];
  const forwarded = trusted(request.socket.remoteAddress, trustedProxies)
    ? given("x-forwarded-host")
    : undefined;
  const host = forwarded ?? given("host") ?? "";
  // An invalid URL matches no route.
  const url = URL.parse(request.url.startsWith("/") ? `http://host${request.url}` : request.url);
  return {
    method: request.method,
    path: url?.pathname ?? "",
    query: url?.search.slice(1) ?? "",
    headers,
    host,
    freshId: crypto.randomUUID(),
  };
}

function trusted(address, proxies) {
  if (address === undefined) return false;
  const four = address.replace(/^::ffff:(?=[\d.]+$)/, "");
  return proxies.check(four, isIPv6(four) ? "ipv6" : "ipv4");
}

/** Headers in lower case, with duplicates joined, like the Worker's `Headers`. */
function headersOf(raw) {
  const headers = new Map();
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at].toLowerCase();
    const known = headers.get(name);
    headers.set(name, known === undefined ? raw[at + 1] : `${known}, ${raw[at + 1]}`);
  }
  return [...headers];
}

/** Reads the body; `cancel` keeps the connection open for the response. */
function readerOf(request) {
  const chunks = request.iterator({ destroyOnReturn: false });
  return { read: () => chunks.next(), cancel: async () => void request.pause() };
}
