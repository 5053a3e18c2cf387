import { failureCode } from "./thrown.js";
import { MAX_ANSWER_BYTES, outcomeOfEnd } from "./transport.js";
import { endBy } from "./waits.js";

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
    const fail = (error) => settle({ kind: failureCode(error?.code), error });
    const release = endBy(limits, (kind) => {
      const outcome = outcomeOfEnd(kind, limits);
      settle(isConnected(sending?.socket) ? outcome : { ...outcome, kind: UNSENT[kind] });
      sending?.destroy();
    });
    try {
      sending = http.request(url, {
        method: "POST",
        // Without it, an answer in any encoding would be right.
        headers: { ...Object.fromEntries(headers), "accept-encoding": "identity" },
      });
    } catch (error) {
      return fail(error);
    }
    sending.on("error", fail);
    // A switch of protocols, which nobody asked for. Not `close`, which comes before the answer where a tool such
    // as nock stands in for the network.
    sending.on("upgrade", (_, socket) => {
      fail();
      socket.destroy();
    });
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
      // Comes last, and without an end where the answer was cut.
      response.on("close", () => response.readableEnded || fail());
      response.on("end", () => {
        const { statusCode: status, headers: named } = response;
        const headers = Object.entries(named).map(([name, value]) => [name, String(value)]);
        const whole = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length);
        unpack(whole, named["content-encoding"], (body) =>
          settle(body ? { kind: "answered", status, headers, body } : { kind: "too-large" }),
        );
      });
    });
    sending.end(body);
  });
}

const DECODERS = {
  gzip: "unzip",
  "x-gzip": "unzip",
  deflate: "unzip",
  br: "brotliDecompress",
  zstd: "zstdDecompress",
};

/**
 * Undoes an encoding that was declined and used all the same. `done` gets nothing for a body that is too large, and the
 * body as it came where it cannot be undone: the core then says so.
 */
function unpack(body, encoding, done) {
  if (!encoding) return done(body);
  const zlib = globalThis.process.getBuiltinModule("node:zlib");
  const decode = zlib[DECODERS[encoding.trim().toLowerCase()]];
  if (!decode) return done(body);
  decode(body, { maxOutputLength: MAX_ANSWER_BYTES }, (error, unpacked) =>
    done(error?.code === "ERR_BUFFER_TOO_LARGE" ? undefined : (unpacked ?? body)),
  );
}

/** Where nothing was sent; after a connection that did not stand in time, even a start may be tried again. */
const UNSENT = { "timed-out": "UND_ERR_CONNECT_TIMEOUT", aborted: "aborted-unsent" };

/** Whether anything can have been sent. */
const isConnected = (socket) => Boolean(socket) && !socket.connecting && !socket.secureConnecting;
