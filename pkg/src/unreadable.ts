/** The responses to requests that Node's HTTP parser rejects. */

import type { Duplex } from "node:stream";

/** By Node's error code; everything else is not HTTP. */
type Unreadable = readonly [status: number, reason: string, message: string];
const UNREADABLE: Record<string, Unreadable> = {
  HPE_HEADER_OVERFLOW: [
    431,
    "Request Header Fields Too Large",
    "The request line and headers are too large; send long parameters, such as MetaInfo, in a POST body.",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "The request did not arrive in time."],
};
const NO_HTTP: Unreadable = [400, "Bad Request", "This is not a valid HTTP request."];

/**
 * Responds to the request, for an HTTP server's event `clientError`. There is no response object for it, so bytes are
 * written.
 *
 * @param respond the response with this status, the reason as one word, and the message
 */
export function refuseUnreadable(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  respond: (
    status: number,
    code: string,
    message: string,
  ) => { headers: readonly (readonly [string, string])[]; body: string | Uint8Array },
): void {
  // Node's own name for the response that is due on this connection. It would be corrupted, or taken for refused, and a
  // start can be in progress: a lost connection is the truth.
  const { _httpMessage: due } = socket as Duplex & { _httpMessage?: unknown };
  if (!socket.writable || due) {
    socket.destroy();
    return;
  }
  const [status, reason, message] = UNREADABLE[error.code ?? ""] ?? NO_HTTP;
  const { headers, body } = respond(status, reason.replaceAll(" ", ""), message);
  const lines = [...headers, ["content-length", Buffer.byteLength(body)], ["connection", "close"]];
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`HTTP/1.1 ${status} ${reason}\r\n${head}\r\n`);
  socket.end(body);
}
