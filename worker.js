/** The gateway as a Cloudflare Worker: wiring between the platform and the core, which decides. */

import { collect } from "./worker/bytes.js";
import { core, files, settingsOf } from "./worker/core.js";

export { Ledger, Pacer } from "./worker/ledger.js";

const PHOTO_TIMEOUT_MS = 15_000;
/** Of a body that is too large, so that its sender reads the answer instead of a broken connection. */
const DISCARD_BYTES = 8 * 1024 * 1024;
/** Alibaba Cloud keeps photos below 1 MB. */
const PHOTO_MAX_BYTES = 5 * 1024 * 1024;
/** A deployment resets an instance once; a few more are for what comes at the same time. */
const RESETS_MAX = 3;

export default {
  async fetch(request, env, ctx) {
    const began = Date.now();
    const message = plain(request);
    const log = { requestId: message.freshId };
    let reply;
    try {
      reply = await answer(request, message, env, ctx, log);
    } catch (error) {
      log.error = describe(error);
      reply = fail("internal", message, log);
    }
    if (reply instanceof Response) return reply;
    const { requestId, route, caller, upstream, error } = log;
    console.log(
      JSON.stringify({
        requestId,
        caller: caller ?? undefined,
        route,
        method: request.method,
        status: reply.status,
        outcome: reply.outcome,
        durationMs: Date.now() - began,
        upstreamCalls: upstream?.calls,
        upstreamMs: upstream?.millis,
        error,
      }),
    );
    env.METRICS?.writeDataPoint({
      indexes: [caller ?? "none"],
      blobs: [route ?? "none", reply.outcome],
      doubles: [reply.status, Date.now() - began, upstream?.calls ?? 0, upstream?.millis ?? 0],
    });
    const noBody = request.method === "HEAD" || reply.body?.length === 0;
    return new Response(noBody ? null : reply.body, {
      status: reply.status,
      headers: [...reply.headers, ...(log.headers ?? [])],
    });
  },
};

/** A request as the core reads it, without its body. */
function plain(request) {
  const url = new URL(request.url);
  return {
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    headers: [...request.headers],
    host: url.host,
    freshId: crypto.randomUUID(),
  };
}

/** A reply of the core's, or the response of a static file. */
async function answer(request, message, env, ctx, log) {
  const settings = settingsOf(env);
  let routed = core.route(settings, message);
  Object.assign(log, routed);
  if (routed.then.readBody) {
    message.body = await collect(request.body, { ...routed.then.readBody, discard: DISCARD_BYTES });
    if (!message.body) return fail("slow-body", message, log);
    routed = core.route(settings, message);
    Object.assign(log, routed);
  }
  const { then, caller } = routed;
  if (then === "assets") {
    const response = await env.ASSETS?.fetch(request);
    return response && response.status !== 404 ? response : fail("no-page", message, log);
  }
  if (then.file) return { ...then.file.reply, body: files[then.file.name] };
  if (then.reply) return then.reply;
  if (env.RATE_LIMITER) {
    const { success } = await env.RATE_LIMITER.limit({ key: caller });
    if (!success) return fail("rate-limited", message, log);
  }
  const running = runInLedger(env.LEDGER, caller, then.ledger);
  // A caller that goes away does not end what was begun for it.
  ctx.waitUntil(running.catch(() => {}));
  const { reply, photo, upstream } = await running;
  log.upstream = upstream;
  return reply ?? fetchPhoto(photo, message, log);
}

/** A deployment resets the ledger's instance. Its rows stay, so the core says what to ask once more. */
async function runInLedger(namespace, caller, { task, again }) {
  for (let resets = 0; ; resets += 1) {
    try {
      // An instance that was reset answers no more: a new stub leads to the next one.
      return await namespace.get(namespace.idFromName(caller)).run(resets > 0 ? again : task);
    } catch (error) {
      if (!isReset(error) || resets === RESETS_MAX) throw error;
    }
  }
}

const isReset = ({ retryable, durableObjectReset, overloaded }) =>
  !overloaded && Boolean(retryable || durableObjectReset);

/** The photo from Alibaba Cloud, so that its address stays here. Whole, or not at all. */
async function fetchPhoto(url, message, { requestId }) {
  const deadline = Date.now() + PHOTO_TIMEOUT_MS;
  const failed = () => core.photo(0, "", message, requestId);
  let response;
  try {
    response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(PHOTO_TIMEOUT_MS) });
  } catch {
    return failed();
  }
  const type = response.headers.get("content-type") ?? "";
  const reply = core.photo(response.status, type, message, requestId);
  if (reply.status !== 200) {
    await response.body?.cancel();
    return reply;
  }
  const body = await collect(response.body, { limit: PHOTO_MAX_BYTES, millis: deadline - Date.now() });
  return body && body.length <= PHOTO_MAX_BYTES ? { ...reply, body } : failed();
}

function fail(what, message, { requestId }) {
  return core.failure(what, message, requestId);
}

/** Where it failed. The message may repeat what a caller sent. */
function describe(error) {
  const places = String(error?.stack ?? "")
    .split("\n")
    .filter((line) => /^\s*at /.test(line))
    .map((line) => line.trim());
  return { name: String(error?.name ?? "Error"), at: places.slice(0, 8) };
}
