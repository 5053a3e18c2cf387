import type { ClientExports } from "./client-exports.js";
import { isSame, type CredentialsSource, type Held, type KeyRefusal } from "./credentials.js";
import type { Failure } from "./errors.js";
import { unpack, withBytes, type Member } from "./packed.js";
import { randomHex } from "./random.js";
import { thrown } from "./thrown.js";
import type { Outcome, Send, SignedRequest } from "./transport.js";
import type { AttemptReport, CommonOptions, StartNotice } from "./types.js";
import { sleep, stopwatch, type Limits } from "./waits.js";

export type Action = AttemptReport["action"];

export interface Call {
  /** The guarded exports. */
  core: ClientExports;
  send: Send;
  /** The measured clock skew; updated by each call. */
  clock: { offsetMillis: number };
  /** The client's options, packed. */
  options: Uint8Array;
  credentials: CredentialsSource;
  action: Action;
  /** Packed when the call began: the program may change the object meanwhile. */
  parameters: readonly Member[];
  /** The milliseconds since the call began, and its time limit. */
  time: { elapsed: () => number; millis: number };
  /** The milliseconds by the system clock until another process may take over the order of a store. */
  lease: (() => number) | undefined;
  signal: AbortSignal | undefined;
  onAttempt: CommonOptions["onAttempt"];
}

/** Data that the core returns together with a result. */
interface Done {
  code: string;
  requestId: string | null;
  /** Of InitFaceVerify. */
  notices?: StartNotice[];
}

/** How a call ended. */
export type Ended = { done: Done; failed?: undefined; cause?: undefined; waitMillis?: undefined } | Failed;

interface Failed {
  done?: undefined;
  failed: Failure;
  cause?: unknown;
  /** How long Alibaba Cloud asks to wait before the next call. */
  waitMillis?: number;
}

/** What a call's state shows later calls. */
interface Known {
  clockCorrected: boolean;
  clockOffsetMillis: number;
  keyRefusal: KeyRefusal | null;
  retryAfterMillis: number | null;
}

interface Attempt {
  failed?: undefined;
  timeoutMillis: number;
  state: string;
  request: SignedRequest;
  /** In JSON. */
  notices: string;
}

type Step =
  | { done: Done; failed?: undefined }
  | { failed: Failure; done?: undefined; state: string }
  | {
      done?: undefined;
      failed?: undefined;
      delayMillis: number;
      /** Set if new credentials must be fetched first. */
      keyRefusal: KeyRefusal | undefined;
      state: string;
      because: Failure;
    };

const NO_BYTES = new Uint8Array();

/**
 * Performs one call: gets an attempt from the core, sends it, and passes the outcome back, until the call has
 * ended. Makes no decisions.
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
  lease,
  signal,
  onAttempt,
}: Call): Promise<Ended> {
  let keys: Held | undefined;
  let refused: { keys: Held; because: Failure } | undefined;
  let state = "";
  for (;;) {
    if (!keys) {
      const timeoutMillis = Math.max(0, time.millis - time.elapsed());
      const { value, error, ended } = await credentials.get({ timeoutMillis, signal }, clock.offsetMillis);
      if (!value) {
        const failed = withBytes([state, ended ?? "threw", ...thrown(error)], core.endUnsent);
        return { failed: JSON.parse(failed), cause: ended === "aborted" ? signal?.reason : error };
      }
      if (refused && isSame(value, refused.keys)) return { failed: refused.because };
      keys = value;
    }
    const call = [options, time.millis, keys.packed, action, ...parameters];
    const now = [clock.offsetMillis, ...beganAndNow(time.elapsed), randomHex()];
    const attempt = attemptFrom(withBytes([state, ...call, ...now], core.prepareAttempt));
    if (attempt.failed) {
      if (attempt.failed.kind === "credentials") credentials.drop(keys);
      return attempt;
    }
    const leaseMillis = Math.floor(lease?.() ?? Infinity);
    if (leaseMillis <= 0) {
      const failed = withBytes([state, "lease-over"], core.endUnsent);
      return { failed: JSON.parse(failed) };
    }
    state = attempt.state;
    const sentAt = Date.now();
    const duration = stopwatch();
    const limits = { timeoutMillis: Math.min(attempt.timeoutMillis, leaseMillis), signal };
    const unsent = reasonNotToSend(limits);
    const outcome = unsent ?? (await send(attempt.request, limits));
    const step = settle(core, call, state, action, time.elapsed, clock, outcome);
    if (onAttempt && !unsent) {
      // A failing hook must not lose a new CertifyId.
      const times = { beganAt: sentAt, durationMs: Math.round(duration()) };
      const reported = report(action, attempt, times, outcome, step);
      (async () => onAttempt(reported))().catch(() => {});
    }
    if (step.done) {
      if (step.done.notices) step.done.notices = JSON.parse(attempt.notices);
      return step;
    }
    const known: Partial<Known> = step.state ? JSON.parse(step.state) : {};
    if (known.clockCorrected) clock.offsetMillis = known.clockOffsetMillis!;
    if (step.failed) {
      if (known.keyRefusal) credentials.refuse(keys, known.keyRefusal);
      return { failed: step.failed, cause: outcome.error, waitMillis: known.retryAfterMillis ?? 0 };
    }
    state = step.state;
    await sleep(step.delayMillis, signal);
    if (step.keyRefusal) {
      credentials.refuse(keys, step.keyRefusal);
      [keys, refused] = [undefined, { keys, because: step.because }];
    }
  }
}

/** What `prepareAttempt` returns, by name. */
function attemptFrom(returned: string): Attempt | Failed {
  const members = unpack(returned);
  const [step, timeoutMillis = "", state = "", url = "", hasBody, body, once, notices = ""] = members;
  if (step === "error") return { failed: JSON.parse(timeoutMillis) };
  const request = {
    url,
    headers: pairs(members, 8),
    body: hasBody === "1" ? body : undefined,
    once: once === "1",
  };
  return { timeoutMillis: Number(timeoutMillis), state, request, notices };
}

/** What `settleAttempt` returns, by name. */
function stepFrom(returned: string): Step {
  const [step, found = "", more = "", state = "", because = ""] = unpack(returned);
  if (step === "done") return { done: JSON.parse(found) };
  if (step === "failed") return { failed: JSON.parse(found), state: more };
  return {
    delayMillis: Number(found),
    keyRefusal: more ? (more as KeyRefusal) : undefined,
    state,
    because: JSON.parse(because),
  };
}

/** The outcome of an attempt that is not sent, because the call has already ended. */
function reasonNotToSend({ signal, timeoutMillis }: Limits): Outcome | undefined {
  if (signal?.aborted) return { kind: "aborted-unsent", error: signal.reason };
  if (timeoutMillis === 0) return { kind: "timed-out-unsent" };
}

/** The core's decision about an outcome. */
function settle(
  core: ClientExports,
  call: readonly Member[],
  state: string,
  action: Action,
  elapsed: () => number,
  clock: Call["clock"],
  outcome: Outcome,
): Step {
  const [began, now] = beganAndNow(elapsed);
  const { kind, error, status = 0, headers = [], body: answer = NO_BYTES } = outcome;
  const read = kind === "answered" && core.readAnswer(action, status, now + clock.offsetMillis, answer);
  if (read) return { done: JSON.parse(read) };
  const [, name, message] = thrown(error);
  const found = [began, now, jitter(), kind, name, message, status, ...headers.flat()];
  return stepFrom(withBytes([...call, state, ...found], (bytes) => core.settleAttempt(bytes, answer)));
}

/**
 * When a call began, and the current time, both by the system clock as it is now: setting that clock changes no time
 * limit.
 */
function beganAndNow(elapsed: () => number): [began: number, now: number] {
  const now = Date.now();
  return [now - Math.floor(elapsed()), now];
}

/** A random 32-bit number for the jitter. */
export const jitter = (): number => Math.floor(Math.random() * 2 ** 32);

/** The names and values that follow a member. */
function pairs(members: readonly string[], from: number): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = from; at < members.length; at += 2) pairs.push([members[at]!, members[at + 1]!]);
  return pairs;
}

/** The report of an attempt, without personal data. */
function report(
  action: Action,
  { state, request }: Attempt,
  times: Pick<AttemptReport, "beganAt" | "durationMs">,
  outcome: Outcome,
  step: Step,
): AttemptReport {
  const again = step.done || step.failed ? undefined : step;
  const failed = step.failed ?? again?.because;
  const { code, requestId } = step.done ?? failed!;
  return {
    action,
    attempt: JSON.parse(state).attempt,
    endpoint: new URL(request.url).host,
    ...times,
    httpStatus: outcome.status ?? null,
    kind: failed?.kind ?? null,
    code,
    requestId: requestId ?? null,
    retryInMs: again?.delayMillis ?? null,
  };
}
