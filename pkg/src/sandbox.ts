/**
 * An emulator of Alibaba Cloud face verification (Cloudauth 2019-03-07), for development and tests:
 * it verifies signatures as Alibaba Cloud does, but does not verify people. See docs/sandbox.md.
 *
 * @module cloudauth-edge/sandbox
 */

// On Node: in a test's own process, and as an HTTP server for every language.

import { Buffer } from "node:buffer";
import { appendFileSync, copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { joined } from "./bytes.js";
import { guard } from "./core.js";
import {
  MemoryStore,
  READ_LIMIT,
  SandboxHost,
  failure,
  internalError,
  type SandboxResponse,
} from "./sandbox-host.js";
import type { Sandbox, SandboxOptions, SandboxServer } from "./sandbox-types.js";
import base64 from "../wasm/sandbox/base64.js";
import * as glue from "../wasm/sandbox/cloudauth_edge.js";

export type * from "./sandbox-types.js";

glue.initSync({ module: Buffer.from(base64, "base64") });
const { sandboxStep } = guard(glue);

/** How much of an oversized body is read. */
const DISCARD_LIMIT = 64 * 1024 * 1024;
/** Most parameters, including MetaInfo, can be part of the URL. */
const MAX_HEADER_SIZE = 128 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/**
 * Longer than clients keep idle connections: a connection that closes just as it is reused looks
 * like a fault.
 */
const KEEP_ALIVE_MS = 120_000;

/** The local address of a server that listens on all addresses. */
const ANY_ADDRESS: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/**
 * Creates a sandbox with its own state.
 *
 * @param options all of them have defaults
 */
export function createSandbox({ file, ...options }: SandboxOptions = {}): Sandbox {
  const store = file === undefined ? options.store : new FileStore(file);
  return new NodeSandbox(sandboxStep, { ...options, store });
}

type Listening = NonNullable<Parameters<Sandbox["listen"]>[0]>;

class NodeSandbox extends SandboxHost implements Sandbox {
  readonly #servers = new Set<Server>();

  /** Serves it over HTTP. */
  async listen({ port = 0, host = "127.0.0.1", onAnswer }: Listening = {}): Promise<SandboxServer> {
    // Node would listen on every address.
    if (!host) throw new TypeError("The host must be an address. host 应为地址，不能为空。");
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      if (onAnswer) report(onAnswer, request, response);
      this.#serve(request, response).catch((error) => {
        // Report it, and continue with the next request.
        if (response.headersSent || response.destroyed) response.destroy();
        else send(response, internalError(error));
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
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host }, () => (server.off("error", reject), resolve()));
    });
    this.#servers.add(server);
    const address = server.address() as AddressInfo;
    const reached = ANY_ADDRESS[address.address] ?? address.address;
    const name = address.family === "IPv6" ? `[${reached}]` : reached;
    const close = () => this.#stop(server);
    const url = `http://${name}:${address.port}`;
    return { url, port: address.port, close, [Symbol.asyncDispose]: close };
  }

  override async close(): Promise<void> {
    await super.close();
    await Promise.all([...this.#servers].map((server) => this.#stop(server)));
  }

  /** Waits for responses in progress; aborts hanging requests. */
  #stop(server: Server): Promise<void> {
    this.#servers.delete(server);
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), 1_000);
      server.once("close", () => clearTimeout(timer));
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (body === null) return;
    const [path, query = ""] = split(request.url ?? "/");
    const headers: [string, string][] = [];
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      headers.push([request.rawHeaders[at]!.toLowerCase(), request.rawHeaders[at + 1]!]);
    }
    const origin = `http://${request.headers.host ?? `127.0.0.1:${request.socket.localPort}`}`;
    const done = this.handle({ method: request.method ?? "", path, query, headers, body }, origin);
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

/**
 * Reports a request once its connection has ended, without the query, which contains personal data.
 */
function report(
  onAnswer: NonNullable<Listening["onAnswer"]>,
  { method = "", url = "/" }: IncomingMessage,
  response: ServerResponse,
): void {
  const began = performance.now();
  response.once("close", () => {
    const status = response.writableFinished ? response.statusCode : null;
    onAnswer({ method, path: split(url)[0], status, millis: performance.now() - began });
  });
}

function send(response: ServerResponse, { status, headers, body }: SandboxResponse): void {
  response.writeHead(status, [...headers.flat(), "content-length", body.length]);
  response.end(body);
}

/** By Node's error code; everything else is not HTTP. */
type Unreadable = readonly [status: number, reason: string, message: string];
const UNREADABLE: Record<string, Unreadable> = {
  HPE_HEADER_OVERFLOW: [
    431,
    "Request Header Fields Too Large",
    "The request line and headers are too large.",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "The request did not arrive in time."],
};
const NO_HTTP: Unreadable = [400, "Bad Request", "This is not an HTTP request the sandbox can read."];

/**
 * Responds to a request that the HTTP parser rejected. There is no response object for it, so bytes
 * are written.
 */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason, message] = UNREADABLE[error.code ?? ""] ?? NO_HTTP;
  const { headers, body } = failure(status, reason.replaceAll(" ", ""), message);
  const lines = [...headers, ["content-length", body.length], ["connection", "close"]];
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`HTTP/1.1 ${status} ${reason}\r\n${head}\r\n`);
  socket.end(body);
}

/** Path and query of a request line, which can be an absolute URL. */
function split(target: string): [path: string, query: string] {
  const relative = target.startsWith("/") ? target : target.replace(/^[a-z]+:\/\/[^/?]*/i, "");
  const at = relative.indexOf("?");
  const path = at < 0 ? relative : relative.slice(0, at);
  return [path || "/", at < 0 ? "" : relative.slice(at + 1)];
}

/** The body, truncated at the limit; `null` if the client disconnected or sends without end. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Uint8Array>) {
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

/** A line of the file: a row, or `null` where all rows were deleted. */
type Change = [key: string, value: string, expiresAt: number | null] | null;

/** The file is rewritten with the rows when it has this many lines, and this many for each row. */
const REWRITE_LINES = 4096;
const REWRITE_FACTOR = 4;

/**
 * Rows in memory; every change is also appended as a line to a file that is read at the next start.
 */
class FileStore extends MemoryStore {
  readonly #file: string;
  /** Infinite at first, so that the first change removes what has expired by the sandbox's clock. */
  #lines = Infinity;
  /** Whether the last line of the file may be cut off. */
  #torn = false;

  constructor(file: string) {
    super();
    this.#file = file;
    const { changes, damaged } = existsSync(file) ? changesIn(file) : { changes: [], damaged: false };
    for (const change of changes) {
      if (change === null) super.clear();
      else super.put(...change, -Infinity);
    }
    if (damaged) copyFileSync(file, `${file}.damaged`);
    this.#rewrite();
  }

  override put(key: string, value: string, expiresAt: number | null, now: number): void {
    const line = `${this.#torn ? "\n" : ""}${JSON.stringify([key, value, expiresAt])}\n`;
    this.#torn = true;
    appendFileSync(this.#file, line);
    this.#torn = false;
    super.put(key, value, expiresAt, now);
    if (++this.#lines <= Math.max(REWRITE_LINES, REWRITE_FACTOR * this.size)) return;
    this.sweep(now);
    this.#rewrite();
    this.#lines = this.size;
  }

  override clear(): void {
    writeFileSync(this.#file, "", { mode: 0o600 });
    super.clear();
    this.#lines = 0;
    this.#torn = false;
  }

  #rewrite(): void {
    const fresh = `${this.#file}.new`;
    const lines = Array.from(this.entries(), (row) => `${JSON.stringify(row)}\n`);
    writeFileSync(fresh, lines.join(""), { mode: 0o600 });
    renameSync(fresh, this.#file);
  }
}

/** How the sandbox's rows begin; `src/sandbox/` chooses the keys. */
const ROWS = ["verification/", "nonce/", "calls/", "clock", "faults"].map((key) => `["${key}`);

/**
 * The changes in a file, and whether lines were skipped: a crash or a full disk can cut a line off, or leave zeros.
 * Throws if another program wrote the file, because the store overwrites it.
 */
function changesIn(file: string): { changes: Change[]; damaged: boolean } {
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n").map((line) => line.replace(/^\0+/, ""));
  const written = lines.filter((line) => line !== "");
  const changes = written.map(parsed).filter((line) => line !== undefined);
  const isOwn = text === "" || written.some(beginsLikeRow);
  const isReadable = (line: string) => parsed(line) !== undefined || beginsLikeRow(line);
  if (isOwn && written.every(isReadable) && changes.every(isChange))
    return { changes, damaged: changes.length < written.length };
  const message = `${file} is not a state file of the sandbox and was not changed: choose another path.`;
  const zh = `${file} 不是沙箱的状态文件，未作改动，请换一个路径。`;
  throw Object.assign(new Error(`${message} ${zh}`), { code: "ERR_SANDBOX_FILE" });
}

/** Whether a line, which may be cut off, begins as the sandbox's rows do. */
const beginsLikeRow = (line: string): boolean =>
  ROWS.some((row) => line.startsWith(row) || (line.length > 2 && row.startsWith(line)));

function isChange(line: unknown): line is Change {
  if (line === null) return true;
  if (!Array.isArray(line) || line.length !== 3) return false;
  const [key, value, expiresAt] = line as unknown[];
  const isTime = expiresAt === null || typeof expiresAt === "number";
  return typeof key === "string" && typeof value === "string" && isTime;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
