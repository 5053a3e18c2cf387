/** The sandbox on Node: in a test's own process, and as an HTTP server for every language. */

import { Buffer } from "node:buffer";
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { guard } from "./core.js";
import { joined } from "./bytes.js";
import { MemoryStore, READ_LIMIT, SandboxHost, failure, internalError } from "./sandbox-host.js";
import base64 from "./wasm/sandbox/base64.js";
import * as glue from "./wasm/sandbox/cloudauth_edge.js";

glue.initSync({ module: Buffer.from(base64, "base64") });
const { sandboxStep } = guard(glue);

/** A larger body is not read to its end. */
const DISCARD_LIMIT = 64 * 1024 * 1024;
/** Most parameters, including MetaInfo, can be part of the URL. */
const MAX_HEADER_SIZE = 128 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than clients keep idle connections: one that closes just as it is reused looks like a fault. */
const KEEP_ALIVE_MS = 120_000;

/** The local address of a server that listens on all addresses. */
const ANY_ADDRESS = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** Creates a sandbox with its own state. */
export function createSandbox({ file, ...options } = {}) {
  const store = file === undefined ? options.store : new FileStore(file);
  return new Sandbox(sandboxStep, { ...options, store });
}

class Sandbox extends SandboxHost {
  #servers = new Set();

  /** Serves it over HTTP. */
  async listen({ port = 0, host = "127.0.0.1", onAnswer } = {}) {
    const answer = (request, response) => {
      if (onAnswer) report(onAnswer, request, response);
      this.#serve(request, response).catch((error) => {
        // Report it, and continue with the next request.
        if (response.headersSent || response.destroyed) return response.destroy();
        send(response, internalError(error));
      });
    };
    const server = createServer(
      {
        maxHeaderSize: MAX_HEADER_SIZE,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        requireHostHeader: false,
      },
      answer,
    );
    // Node's own responses would lack the sandbox's header.
    server.on("checkExpectation", answer);
    server.on("clientError", refuseUnreadable);
    await new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host }, () => (server.off("error", reject), resolve()));
    });
    this.#servers.add(server);
    const address = server.address();
    const reached = ANY_ADDRESS[address.address] ?? address.address;
    const name = address.family === "IPv6" ? `[${reached}]` : reached;
    const close = () => this.#stop(server);
    const url = `http://${name}:${address.port}`;
    return { url, port: address.port, close, [Symbol.asyncDispose]: close };
  }

  async close() {
    await super.close();
    await Promise.all([...this.#servers].map((server) => this.#stop(server)));
  }

  /** Lets responses in progress finish; hanging requests are aborted. */
  #stop(server) {
    this.#servers.delete(server);
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), 1_000);
      server.once("close", () => clearTimeout(timer));
    });
  }

  async #serve(request, response) {
    const body = await readBody(request);
    if (body === null) return;
    const [path, query = ""] = split(request.url);
    const headers = [];
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      headers.push([request.rawHeaders[at].toLowerCase(), request.rawHeaders[at + 1]]);
    }
    const origin = `http://${request.headers.host ?? `127.0.0.1:${request.socket.localPort}`}`;
    const done = this.handle({ method: request.method, path, query, headers, body }, origin);
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    try {
      await this.deliver(done.delivery, gone.signal);
    } catch {
      // The client disconnected or the sandbox closes.
      request.socket.destroy();
      return;
    }
    if (done.delivery.manner === "reset") {
      request.socket.resetAndDestroy();
      return;
    }
    send(response, done.response);
  }
}

/** Reports a request once its connection has ended, without its query, which is personal data. */
function report(onAnswer, { method, url }, response) {
  const began = performance.now();
  response.once("close", () => {
    const status = response.writableFinished ? response.statusCode : null;
    onAnswer({ method, path: split(url)[0], status, millis: performance.now() - began });
  });
}

function send(response, { status, headers, body }) {
  response.writeHead(status, [...headers, ["content-length", body.length]].flat());
  response.end(body);
}

/** By the code of Node's error; everything else is not HTTP. */
const UNREADABLE = {
  HPE_HEADER_OVERFLOW: [
    431,
    "Request Header Fields Too Large",
    "The request line and headers are too large.",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "The request did not arrive in time."],
};
const NO_HTTP = [400, "Bad Request", "This is not an HTTP request the sandbox can read."];

/** Responds to a request that the HTTP parser rejected, in bytes: there is no response object for it. */
function refuseUnreadable(error, socket) {
  if (!socket.writable) return socket.destroy();
  const [status, reason, message] = UNREADABLE[error.code] ?? NO_HTTP;
  const { headers, body } = failure(status, reason.replaceAll(" ", ""), message);
  const lines = [...headers, ["content-length", body.length], ["connection", "close"]];
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`HTTP/1.1 ${status} ${reason}\r\n${head}\r\n`);
  socket.end(body);
}

/** Path and query of a request line, which can be an absolute URL. */
function split(target) {
  const relative = target.startsWith("/") ? target : target.replace(/^[a-z]+:\/\/[^/?]*/i, "");
  const at = relative.indexOf("?");
  const path = at < 0 ? relative : relative.slice(0, at);
  return [path || "/", at < 0 ? "" : relative.slice(at + 1)];
}

/** The body, truncated at the limit; `null` if the client disconnected or sends endlessly. */
async function readBody(request) {
  const chunks = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      if (length < READ_LIMIT) chunks.push(chunk);
      length += chunk.length;
      if (length > DISCARD_LIMIT) {
        request.destroy();
        return null;
      }
    }
  } catch {
    return null;
  }
  return joined(chunks, Math.min(length, READ_LIMIT));
}

/** Rows in memory, with every change as a line in a file that is read at the next start. */
class FileStore extends MemoryStore {
  #file;

  constructor(file) {
    super();
    this.#file = file;
    if (existsSync(file)) {
      for (const line of readFileSync(file, "utf8").split("\n")) {
        // A line truncated by a crash is the last one, and its response was never sent.
        const change = parsed(line);
        if (change === null) super.clear();
        else if (Array.isArray(change)) super.put(...change, -Infinity);
      }
    }
    const rows = [...this.entries()].filter(
      ([, , expiresAt]) => expiresAt === null || expiresAt > Date.now(),
    );
    const fresh = `${file}.new`;
    writeFileSync(fresh, rows.map((row) => `${JSON.stringify(row)}\n`).join(""), { mode: 0o600 });
    renameSync(fresh, file);
  }

  put(key, value, expiresAt, now) {
    appendFileSync(this.#file, `${JSON.stringify([key, value, expiresAt])}\n`);
    super.put(key, value, expiresAt, now);
  }

  clear() {
    writeFileSync(this.#file, "", { mode: 0o600 });
    super.clear();
  }
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
