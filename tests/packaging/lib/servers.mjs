// The sandbox for the projects, and the projects' servers.

import { createReadStream, existsSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { after } from "node:test";
import { createSandbox } from "../../../pkg/dist/sandbox.js";

const READY_WITHIN_MS = 120_000;

/** A sandbox on a free local port, for the duration of the tests. */
export async function startSandbox() {
  const sandbox = createSandbox();
  const { url } = await sandbox.listen();
  after(() => sandbox.close());
  return { endpoint: url, seen: (certifyId) => sandbox.verification(certifyId) };
}

/** Sends a request to a project's server, which may still be starting. */
export async function ask(url, path) {
  const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(READY_WITHIN_MS) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
};

/**
 * Serves a folder with a strict policy: only its own scripts run, without eval. WebAssembly needs 'wasm-unsafe-eval',
 * the package's only requirement.
 */
export async function serveFolder(folder, mayCall) {
  const policy = `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${mayCall}; img-src data:`;
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname);
    const file = join(folder, path === "/" ? "index.html" : path);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-security-policy": policy,
    });
    createReadStream(file).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}`;
}
