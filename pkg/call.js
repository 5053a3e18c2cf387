/**
 * Performs one call: asks the core for an attempt, sends it, asks the core what its outcome means,
 * until the core says it is done. Holds no decision of its own.
 *
 * @param {object} call
 * @param {object} call.core the guarded exports
 * @param {Function} call.send see `transport.js`
 * @param {{ offsetMillis: number }} [call.clock] what is known of the vendor's clock; kept up to date
 * @param {object} call.options the client's options, as the core reads them
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
  clock = { offsetMillis: 0 },
  options,
  credentials,
  action,
  parameters,
  signal,
  onAttempt,
}) {
  let keys = await credentials.get();
  let state;
  for (;;) {
    const prepared = core.prepareAttempt(
      options,
      keys,
      action,
      parameters,
      state,
      clock.offsetMillis,
      Date.now(),
    );
    if (prepared.error) return { failed: prepared.error };
    const { request, timeoutMillis } = prepared.attempt;
    state = prepared.attempt.state;
    const sentAt = Date.now();
    const outcome = await send(request, { timeoutMillis, signal });
    const settled = core.settleAttempt(
      options,
      keys,
      action,
      parameters,
      state,
      outcome,
      credentials.refreshable,
      Date.now(),
    );
    try {
      onAttempt?.(report(action, request, state, sentAt, outcome, settled));
    } catch {
      // A broken hook must not lose a CertifyId that has just been given.
    }
    if (!settled.retry) return settled;
    state = settled.retry.state;
    clock.offsetMillis = state.clockOffsetMillis;
    await sleep(settled.retry.delayMillis, signal);
    if (settled.retry.refreshCredentials) keys = await credentials.get(keys);
  }
}

/** What an attempt looked like from outside, without personal data. */
function report(action, request, state, sentAt, outcome, settled) {
  const error = settled.failed ?? settled.retry?.because;
  return {
    action,
    attempt: state.attempt,
    endpoint: new URL(request.url).host,
    durationMs: Date.now() - sentAt,
    httpStatus: outcome.status,
    kind: error?.kind,
    code: error?.code ?? settled.done?.code,
    requestId: error ? (error.requestId ?? undefined) : (settled.done.requestId ?? undefined),
    retryInMs: settled.retry?.delayMillis,
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
