/**
 * An emulator of Alibaba Cloud face verification (Cloudauth 2019-03-07), for development and tests:
 * it verifies signatures as Alibaba Cloud does, but does not verify people. See docs/sandbox.md.
 *
 * @module cloudauth-edge/sandbox
 */

// On Node: in a test's own process, and as an HTTP server for every language.

import "./entry/webassembly.js";
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { joined } from "./bytes.js";
import { guard } from "./core.js";
import { assertObject } from "./options.js";
import { FileStore } from "./sandbox-file.js";
import { READ_LIMIT, SandboxHost, failure, internalError, type SandboxResponse } from "./sandbox-host.js";
import type { Sandbox, SandboxOptions, SandboxServer } from "./sandbox-types.js";
import { refuseUnreadable } from "./unreadable.js";
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
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  assertObject("options", options);
  const { file, ...others } = options;
  if (file === undefined) return new NodeSandbox(others);
  if (others.store !== undefined) {
    throw new TypeError(
      "The sandbox keeps its state in file or in store: pass one of them. file 与 store 只能设置一个。",
    );
  }
  if (typeof file !== "string") throw new TypeError("file must be a path. file 应为路径。");
  const store = new FileStore(file);
  try {
    return new NodeSandbox(others, store);
  } catch (error) {
    store.close();
    throw error;
  }
}

type Listening = NonNullable<Parameters<Sandbox["listen"]>[0]>;

class NodeSandbox extends SandboxHost implements Sandbox {
  readonly #servers = new Set<Server>();
  readonly #file: FileStore | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: Omit<SandboxOptions, "file">, file?: FileStore) {
    super(sandboxStep, file ? { ...options, store: file } : options);
    this.#file = file;
  }

  /** Serves it over HTTP. */
  async listen(options: Listening = {}): Promise<SandboxServer> {
    assertObject("options", options);
    const { port = 0, host = "127.0.0.1", publicUrl, onAnswer } = options;
    // Node would listen on every address.
    if (!host) throw new TypeError("The host must be an address. host 应为地址，不能为空。");
    const origin = publicUrl === undefined ? undefined : originOf(publicUrl);
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      if (onAnswer) report(onAnswer, request, response);
      this.#serve(request, response, origin).catch((error) => {
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
    server.on("clientError", (error, socket) => refuseUnreadable(error, socket, failure));
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

  override close(): Promise<void> {
    return (this.#closed ??= this.#end());
  }

  async #end(): Promise<void> {
    await super.close();
    await Promise.all([...this.#servers].map((server) => this.#stop(server)));
    this.#file?.close();
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

  async #serve(request: IncomingMessage, response: ServerResponse, publicOrigin?: string): Promise<void> {
    const body = await readBody(request);
    if (body === null) return;
    const [path, query = ""] = split(request.url ?? "/");
    const headers: [string, string][] = [];
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      headers.push([request.rawHeaders[at]!.toLowerCase(), request.rawHeaders[at + 1]!]);
    }
    const origin =
      publicOrigin ?? `http://${request.headers.host ?? `127.0.0.1:${request.socket.localPort}`}`;
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

/** The origin of a URL that consists of nothing else. */
function originOf(publicUrl: string): string {
  const url = URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
  const message =
    "publicUrl must be http://host[:port] or https://host[:port], without path, query or user name.";
  const zh = "publicUrl 应为 http://主机名[:端口] 或 https://主机名[:端口]，不带路径、查询参数或用户名。";
  throw Object.assign(new TypeError(`${message} ${zh}`), { code: "ERR_SANDBOX_PUBLIC_URL" });
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
