/**
 * Handles a request up to its response. All hosts of the gateway share this code between the platform and the core.
 */

import { fetchTransport } from "../pkg/dist/transport.js";
import { stackLines } from "../pkg/dist/thrown.js";
import { collect } from "./bytes.js";
import { named } from "./log.js";

/**
 * @import { Reader } from "./bytes.js"
 * @import { Core, Headers, Host, Message, Reply, Routed, Upstream } from "./types.js"
 */

const PHOTO_TIMEOUT_MS = 15_000;
/**
 * How much of an oversized body is read, so that its sender receives the response instead of a connection error.
 */
const DISCARD_BYTES = 8 * 1024 * 1024;
/** Alibaba Cloud keeps photos below 1 MB. */
const PHOTO_MAX_BYTES = 5 * 1024 * 1024;

/**
 * What the log of a request holds.
 *
 * @typedef {Partial<Omit<Routed, "requestId">> & {
 *   requestId: string,
 *   upstream?: Upstream,
 *   error?: object,
 * }} Log
 */

/**
 * Handles a request.
 *
 * @template Page
 * @param {Host<Page>} host
 * @param {Message} message the request without its body
 * @param {() => Reader | undefined} open returns the reader of the body
 * @returns {Promise<{ page: Page, headers: Headers } | { page?: undefined, status: number, headers: Headers, body: Reply["body"] | null }>}
 *   a page is sent with these headers, too
 */
export async function handle(host, message, open) {
  const began = Date.now();
  /** @type {Log} */
  const log = { requestId: message.freshId };
  let reply;
  try {
    reply = await answer(host, message, open, log);
  } catch (error) {
    log.error = describe(error);
    reply = host.core.failure("internal", message, log.requestId);
  }
  if ("page" in reply) return { ...reply, headers: log.headers ?? [] };
  host.observe({
    requestId: log.requestId,
    caller: log.caller ?? undefined,
    key: log.key ?? undefined,
    route: log.route,
    method: message.method,
    status: reply.status,
    outcome: reply.outcome,
    vendorCode: reply.vendorCode,
    vendorRequestId: reply.vendorRequestId,
    durationMs: Date.now() - began,
    upstreamCalls: log.upstream?.calls,
    upstreamMs: log.upstream?.millis,
    error: log.error,
  });
  const noBody = message.method === "HEAD" || reply.body?.length === 0;
  return {
    status: reply.status,
    headers: [...reply.headers, ...(log.headers ?? [])],
    body: noBody ? null : reply.body,
  };
}

/**
 * A response of the core, or a static file.
 *
 * @template Page
 * @param {Host<Page>} host
 * @param {Message} message
 * @param {() => Reader | undefined} open
 * @param {Log} log
 * @returns {Promise<Reply | { page: Page }>}
 */
async function answer(host, message, open, log) {
  const { core, settings } = host;
  let routed = core.route(settings, message);
  Object.assign(log, routed);
  if (routed.then.type === "readBody") {
    const { limit, millis } = routed.then;
    const body = await collect(open(), { limit, millis, discard: DISCARD_BYTES });
    if (!body) return core.failure("slow-body", message, log.requestId);
    message.body = body;
    routed = core.route(settings, message);
    Object.assign(log, routed);
  }
  const unable = await host.unable?.(routed);
  if (unable) return core.failure(unable, message, log.requestId);
  const { then } = routed;
  switch (then.type) {
    case "assets": {
      const page = await host.page();
      return page ? { page } : core.failure("no-page", message, log.requestId);
    }
    case "file":
      return { ...then.reply, body: host.files[then.name] ?? "" };
    case "reply":
      return then.reply;
    case "ledger": {
      // Only requests of a known caller have a task.
      const caller = /** @type {string} */ (routed.caller);
      if (!(await host.mayGoOn(caller))) return core.failure("rate-limited", message, log.requestId);
      const { reply, photo, upstream } = await host.run(caller, then.task, then.afterReset);
      log.upstream = upstream;
      return reply ?? fetchPhoto(core, /** @type {string} */ (photo), message, log);
    }
    default:
      throw new Error(
        `The gateway's core says "${then.type}", which its host does not know: this is a bug in it.`,
      );
  }
}

const getPhoto = fetchTransport(fetch, PHOTO_MAX_BYTES);

/**
 * Fetches the photo from Alibaba Cloud, so that callers do not see its URL. Returns all of it or none.
 *
 * @param {Core} core
 * @param {string} url
 * @param {Message} message
 * @param {Log} log
 * @returns {Promise<Reply>}
 */
async function fetchPhoto(core, url, message, { requestId }) {
  const {
    status = 0,
    headers,
    body,
  } = await getPhoto(
    { method: "GET", url, headers: [], body: undefined },
    { timeoutMillis: PHOTO_TIMEOUT_MS },
  );
  const type = headers?.find(([name]) => name === "content-type")?.[1] ?? "";
  const reply = core.photo(status, type, message, requestId);
  return reply.status === 200 && body ? { ...reply, body } : reply;
}

/**
 * The location of the failure. The message may quote a caller's input.
 *
 * @param {any} error
 */
function describe(error) {
  const places = stackLines(error).filter((line) => /^\s*at /.test(line));
  return { ...named(error), at: places.slice(0, 8).map((line) => line.trim()) };
}
