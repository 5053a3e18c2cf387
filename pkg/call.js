import { packObject, unpack, withBytes } from "./packed.js";
import { randomHex } from "./random.js";
import { thrown } from "./thrown.js";
import { sleep } from "./waits.js";

const NO_BYTES = new Uint8Array();

/**
 * Performs one call: gets an attempt from the core, sends it, and passes the outcome to the core, until the call is
 * finished. Makes no decisions.
 *
 * @param {object} call
 * @param {object} call.core the guarded exports
 * @param {Function} call.send see `transport.js`
 * @param {{ offsetMillis: number }} call.clock the known clock skew; updated by each call
 * @param {string} call.options the client's options, packed
 * @param {import("./credentials.js").CredentialsSource} call.credentials
 * @param {string} call.action `InitFaceVerify` or `DescribeFaceVerify`
 * @param {object} call.parameters
 * @param {{ beganAt: number, millis: number }} call.time when the call began, and its time limit
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
    const attempt = attemptFrom(withBytes([...call, state, ...now], core.prepareAttempt));
    if (attempt.failed) {
      if (attempt.failed.kind === "credentials") credentials.drop(keys);
      return attempt;
    }
    state = attempt.state;
    const sentAt = Date.now();
    const outcome = await sendOrNot(send, attempt.request, { timeoutMillis: attempt.timeoutMillis, signal });
    const step = settle(core, call, state, action, clock, outcome);
    if (onAttempt) {
      try {
        onAttempt(report(action, attempt, sentAt, outcome, step));
      } catch {
        // A failing hook must not lose a new CertifyId.
      }
    }
    if (step.done) return step;
    if (step.failed) return { ...step, cause: outcome.error };
    state = step.state;
    clock.offsetMillis = JSON.parse(state).clockOffsetMillis;
    await sleep(step.delayMillis, signal);
    if (step.refreshCredentials) [keys, refused] = [undefined, keys];
  }
}

/** What `prepareAttempt` returns, by name. */
function attemptFrom(returned) {
  const members = unpack(returned);
  if (members[0] === "error") return { failed: JSON.parse(members[1]) };
  const [, timeoutMillis, state, url, hasBody, body] = members;
  const request = { url, headers: pairs(members, 6), body: hasBody === "1" ? body : undefined };
  return { timeoutMillis: Number(timeoutMillis), state, request };
}

/** What `settleAttempt` returns, by name. */
function stepFrom(returned) {
  const members = unpack(returned);
  if (members[0] === "done") return { done: JSON.parse(members[1]) };
  if (members[0] === "failed") return { failed: JSON.parse(members[1]) };
  const [, delayMillis, refreshCredentials, state, because] = members;
  return {
    delayMillis: Number(delayMillis),
    refreshCredentials: refreshCredentials === "1",
    state,
    because: JSON.parse(because),
  };
}

/** The outcome of an attempt, which is not sent if the call has already ended. */
function sendOrNot(send, request, limits) {
  if (limits.signal?.aborted) return { kind: "aborted-unsent", error: limits.signal.reason };
  if (limits.timeoutMillis === 0) return { kind: "timed-out-unsent" };
  return send(request, limits);
}

/** The core's decision about an outcome. */
function settle(core, call, state, action, clock, outcome) {
  const now = Date.now();
  const { kind, error, status = 0, headers = [], body: answer = NO_BYTES } = outcome;
  const read = kind === "answered" && core.readAnswer(action, status, now + clock.offsetMillis, answer);
  if (read) return { done: JSON.parse(read) };
  const [, name, message] = thrown(error);
  const found = [now, jitter(), kind, name, message, status, ...headers.flat()];
  return stepFrom(withBytes([...call, state, ...found], (bytes) => core.settleAttempt(bytes, answer)));
}

/** A random 32-bit number for the jitter. */
export const jitter = () => Math.floor(Math.random() * 2 ** 32);

/** The names and values from a member on. */
function pairs(members, from) {
  const pairs = [];
  for (let at = from; at < members.length; at += 2) pairs.push([members[at], members[at + 1]]);
  return pairs;
}

/** The report of an attempt, without personal data. */
function report(action, { state, request }, sentAt, outcome, step) {
  const failed = step.failed ?? step.because;
  const result = step.done ?? failed;
  return {
    action,
    attempt: JSON.parse(state).attempt,
    endpoint: new URL(request.url).host,
    durationMs: Date.now() - sentAt,
    httpStatus: outcome.status,
    kind: failed?.kind,
    code: result.code,
    requestId: result.requestId ?? undefined,
    retryInMs: step.delayMillis,
  };
}
