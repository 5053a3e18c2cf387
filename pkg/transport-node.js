import { MAX_ANSWER_BYTES, endBy, failureCode } from "./transport.js";

/**
 * As `fetchTransport`, by node:http and node:https: on Node, `fetch` costs more processor time than
 * everything else about a call together.
 *
 * Connections are those of the process's own agents, so they are kept alive, keep no process
 * alive, and heed what was set for the process: proxies (NODE_USE_ENV_PROXY), certificates.
 *
 * A connection that was kept alive may be closed by the other side just as it is used again. That
 * cannot be told from a server that broke down at work, so it is reported and never mended here:
 * the core repeats what may be repeated.
 *
 * @returns {ReturnType<typeof import("./transport.js").fetchTransport> | undefined} undefined where
 *   `fetch` is the better way: Bun and Deno imitate these modules
 */
export function nodeTransport() {
  const { getBuiltinModule, versions } = globalThis.process ?? {};
  if (!getBuiltinModule || versions.bun || versions.deno) return undefined;
  return async function send(request, limits) {
    if (limits.signal?.aborted) return { kind: "aborted" };
    // Asked for at each call: node:https alone takes 20 ms to load, and tools replace `request` to see requests.
    const secure = request.url.startsWith("https:");
    return exchange(getBuiltinModule(secure ? "node:https" : "node:http"), request, limits);
  };
}

function exchange(http, { url, headers, body }, limits) {
  return new Promise((resolve) => {
    let sending;
    // What follows the first of these says nothing new.
    const settle = (outcome) => {
      release();
      resolve(outcome);
    };
    const fail = (error) => settle({ kind: failureCode(error?.code) });
    const release = endBy(limits, (kind) => {
      settle({ kind: kind === "timed-out" && !isConnected(sending?.socket) ? NOT_CONNECTED_IN_TIME : kind });
      sending?.destroy();
    });
    try {
      sending = http.request(url, {
        method: "POST",
        // Without it, an answer in any encoding would be in order.
        headers: { ...Object.fromEntries(headers), "accept-encoding": "identity" },
      });
    } catch (error) {
      return fail(error);
    }
    sending.on("error", fail);
    // Comes last, and alone where an answer is none, such as a switch of protocols.
    sending.on("close", fail);
    sending.on("response", (response) => {
      const chunks = [];
      let length = 0;
      response.on("data", (chunk) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length <= MAX_ANSWER_BYTES) return;
        settle({ kind: "too-large" });
        sending.destroy();
      });
      response.on("error", fail);
      response.on("end", () =>
        settle({
          kind: "answered",
          status: response.statusCode,
          headers: Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
          body: chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length),
        }),
      );
    });
    sending.end(body);
  });
}

/** Nothing was sent, so even a start may be tried again: the code that fetch has for it on Node. */
const NOT_CONNECTED_IN_TIME = "UND_ERR_CONNECT_TIMEOUT";

/** Whether anything can have been sent. */
const isConnected = (socket) => Boolean(socket) && !socket.connecting && !socket.secureConnecting;
