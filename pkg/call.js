import { packObject, unpack, withBytes } from "./packed.js";
import { randomHex } from "./random.js";

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
 * @param {AbortSignal} [call.signal]
 * @param {(report: object) => void} [call.onAttempt]
 * @returns {Promise<{ done: object } | { failed: object }>}
 */
export async function performCall({
  core,
  send,
  clock,
  options,
  credentials,
  action,
  parameters,
  signal,
  onAttempt,
}) {
  const packed = packObject(parameters);
  let keys = await credentials.get();
  let state = "";
  for (;;) {
    const prepared = withBytes(
      [options, keys.packed, action, ...packed, state, clock.offsetMillis, Date.now(), randomHex()],
      core.prepareAttempt,
    );
    const parts = unpack(prepared);
    const [told, timeoutMillis, nextState, url, hasBody, body] = parts;
    if (told === "error") return { failed: JSON.parse(timeoutMillis) };
    state = nextState;
    const sentAt = Date.now();
    const request = { url, headers: pairs(parts, 6), body: hasBody === "1" ? body : undefined };
    const outcome = signal?.aborted
      ? { kind: "aborted-unsent" }
      : await send(request, { timeoutMillis: Number(timeoutMillis), signal });
    const now = Date.now();
    const { kind, status = 0, headers = [], body: answer = NO_BYTES } = outcome;
    const read = kind === "answered" && core.readAnswer(action, status, now + clock.offsetMillis, answer);
    const refreshable = credentials.refreshable ? 1 : 0;
    const settle = (bytes) => core.settleAttempt(bytes, answer);
    const found = () => [now, jitter(), refreshable, kind, status, ...headers.flat()];
    const settled = read
      ? ["done", read]
      : unpack(withBytes([options, keys.packed, action, ...packed, state, ...found()], settle));
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
    if (step !== "retry") return { [step]: result };
    const [, delayMillis, refresh, retryState] = settled;
    state = retryState;
    clock.offsetMillis = Number(state.split(" ")[2]);
    await sleep(Number(delayMillis), signal);
    if (refresh === "1") keys = await credentials.get(keys);
  }
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

/** Waits; ends at once when the signal fires, and the next attempt then says so. */
export function sleep(millis, signal) {
  if (millis <= 0 || signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, millis);
    signal?.addEventListener("abort", end, { once: true });
  });
}
