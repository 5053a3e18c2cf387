import { packObject, unpack, withBytes } from "./packed.js";
import { randomHex } from "./random.js";
import { thrown } from "./thrown.js";
import { sleep } from "./waits.js";

const NO_BYTES = new Uint8Array();

/**
 * Performs one call: asks the core for an attempt, sends it, asks the core what its outcome means,
 * until the core says it is done. Holds no decision of its own.
 *
 * @param {object} call
 * @param {object} call.core the guarded exports
 * @param {Function} call.send see `transport.js`
 * @param {{ offsetMillis: number }} call.clock what is known of Alibaba Cloud's clock; kept up to date
 * @param {string} call.options the client's options, packed
 * @param {import("./credentials.js").CredentialsSource} call.credentials
 * @param {string} call.action `InitFaceVerify` or `DescribeFaceVerify`
 * @param {object} call.parameters
 * @param {{ beganAt: number, millis: number }} call.time when the call began, and how long it may take
 * @param {AbortSignal} [call.signal]
 * @param {(report: object) => void} [call.onAttempt]
 * @returns {Promise<{ done: object } | { failed: object, cause?: unknown }>}
 */
export async function performCall({
  core,
  send,
  clock,
  options,
  credentials,
  action,
  parameters,
  time,
  signal,
  onAttempt,
}) {
  const packed = packObject(parameters);
  let keys, refused;
  let state = "";
  for (;;) {
    if (!keys) {
      const timeoutMillis = Math.max(0, time.beganAt + time.millis - Date.now());
      const { value, error, ended } = await credentials.get(refused, { timeoutMillis, signal });
      if (!value) {
        const failed = withBytes([state, ended ?? "threw", ...thrown(error)], core.endUnsent);
        return { failed: JSON.parse(failed), cause: ended === "aborted" ? signal.reason : error };
      }
      keys = value;
    }
    const call = [options, time.millis, keys.packed, action, ...packed];
    const now = [clock.offsetMillis, time.beganAt, Date.now(), randomHex()];
    const parts = unpack(withBytes([...call, state, ...now], core.prepareAttempt));
    const [told, timeoutMillis, nextState, url, hasBody, body] = parts;
    if (told === "error") {
      const failed = JSON.parse(timeoutMillis);
      if (failed.kind === "credentials") credentials.drop(keys);
      return { failed };
    }
    state = nextState;
    const sentAt = Date.now();
    const request = { url, headers: pairs(parts, 6), body: hasBody === "1" ? body : undefined };
    const outcome = await sendOrNot(send, request, { timeoutMillis: Number(timeoutMillis), signal });
    const settled = settle(core, call, state, action, clock, outcome);
    const [step] = settled;
    const result = JSON.parse(settled.at(-1));
    if (onAttempt) {
      const delayMillis = step === "retry" ? Number(settled[1]) : undefined;
      try {
        onAttempt(report(action, url, state, sentAt, outcome, step, result, delayMillis));
      } catch {
        // A broken hook must not lose a CertifyId that has just been given.
      }
    }
    if (step === "done") return { done: result };
    if (step === "failed") return { failed: result, cause: outcome.error };
    const [, delayMillis, refresh, retryState] = settled;
    state = retryState;
    clock.offsetMillis = Number(state.split(" ")[2]);
    await sleep(Number(delayMillis), signal);
    if (refresh === "1") [keys, refused] = [undefined, keys];
  }
}

/** The outcome of an attempt, which is not sent where the call has ended by then. */
function sendOrNot(send, request, limits) {
  if (limits.signal?.aborted) return { kind: "aborted-unsent", error: limits.signal.reason };
  if (limits.timeoutMillis === 0) return { kind: "timed-out-unsent" };
  return send(request, limits);
}

/** What the core makes of an outcome. */
function settle(core, call, state, action, clock, outcome) {
  const now = Date.now();
  const { kind, error, status = 0, headers = [], body: answer = NO_BYTES } = outcome;
  const read = kind === "answered" && core.readAnswer(action, status, now + clock.offsetMillis, answer);
  if (read) return ["done", read];
  const [, name, message] = thrown(error);
  const found = [now, jitter(), kind, name, message, status, ...headers.flat()];
  return unpack(withBytes([...call, state, ...found], (bytes) => core.settleAttempt(bytes, answer)));
}

/** Any 32-bit number, so that waiting callers spread out. */
export const jitter = () => Math.floor(Math.random() * 2 ** 32);

/** Names and values, from a member on. */
function pairs(members, from) {
  const pairs = [];
  for (let at = from; at < members.length; at += 2) pairs.push([members[at], members[at + 1]]);
  return pairs;
}

/** What an attempt looked like from outside, without personal data. */
function report(action, url, state, sentAt, outcome, step, result, retryInMs) {
  const failed = step !== "done";
  return {
    action,
    attempt: Number(state.split(" ")[0]),
    endpoint: new URL(url).host,
    durationMs: Date.now() - sentAt,
    httpStatus: outcome.status,
    kind: failed ? result.kind : undefined,
    code: result.code,
    requestId: result.requestId ?? undefined,
    retryInMs,
  };
}
