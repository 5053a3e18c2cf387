/** Orders in the program's store: one CertifyId per OuterOrderNo, despite concurrent callers and crashes. */

import type { ClientExports } from "./client-exports.js";
import { isFaceVerifyError, type FaceVerifyError, type Failure } from "./errors.js";
import { unpack, withBytes, type Member } from "./packed.js";
import { randomHex } from "./random.js";
import { thrown } from "./thrown.js";
import type { InitFaceVerifyResult, OrderStore, SettledOrder, StoredOrder } from "./types.js";
import { sleep, within } from "./waits.js";

/** Added to the call's time limit, for storing the outcome and for clock skew between servers. */
const MARGIN_MILLIS = 15_000;
/** Time limit for storing an outcome. */
const SETTLE_MILLIS = 10_000;
/** The same after the call was aborted: the next call with this number should find what a working store has. */
const SETTLE_ABORTED_MILLIS = 1_000;
/** Interval between two reads of an order that another call is starting. */
const PAUSE_MILLIS = 100;

export interface Start {
  core: ClientExports;
  store: OrderStore;
  /** The client's options, packed. */
  options: Uint8Array;
  /** Packed. */
  parameters: readonly Member[];
  /** The milliseconds until the call's time is over; negative afterwards. */
  left: () => number;
  signal: AbortSignal | undefined;
  /**
   * Calls Alibaba Cloud.
   * @param lease the milliseconds by the system clock, which the processes share, until the start's time is over.
   *   The monotonic clock stands still while a machine is suspended.
   */
  start(lease: () => number): Promise<InitFaceVerifyResult>;
  /** The error for the caller. */
  errorOf(failure: Failure, cause?: unknown): FaceVerifyError;
}

/** Starts an order unless the store contains it. The core decides what a stored order means for the call. */
export async function startOnce(call: Start): Promise<InitFaceVerifyResult> {
  const { core, store, left, signal } = call;
  const failed = (json: string, cause?: unknown) => call.errorOf(JSON.parse(json), cause);
  const given = [call.options, ...call.parameters, store.secret, Date.now()];
  const [read, number = "", fingerprint = ""] = unpack(withBytes(given, core.orderOf));
  if (read === "error") throw failed(number);
  const order: StoredOrder = {
    outerOrderNo: number,
    fingerprint,
    attempt: randomHex(),
    state: "starting",
    until: Date.now() + Math.ceil(left()) + MARGIN_MILLIS,
    certifyId: null,
    certifyUrl: null,
    requestId: null,
  };

  const ask = async <T>(asked: () => Promise<T>): Promise<T> => {
    const timeoutMillis = Math.max(0, left());
    const { value, error, ended } = signal?.aborted
      ? { ended: "aborted" }
      : await within(
          { timeoutMillis, signal },
          asked().then((value) => ({ value })),
        );
    if (ended === "aborted") throw failed(aborted(core, signal), signal?.reason);
    if (!value) throw failed(core.orderFailed("store-failed"), error);
    return value.value;
  };

  // Set while the row of this call may be there.
  let begun: Promise<boolean> | undefined;
  try {
    for (;;) {
      if ((await ask(() => (begun = promised(() => store.begin(order))))) === true) break;
      const found = await ask(() => promised(() => store.read(number)));
      // A store that repeats its statement finds its own row.
      if (found?.attempt === order.attempt) break;
      if (found) {
        begun = undefined;
        // A row that was edited by hand, or restored in part.
        const state = found.state === "started" && !found.certifyId ? "unknown" : found.state;
        const looked = [state, found.fingerprint, fingerprint, Number(found.until), Date.now()];
        const [known, refusal = ""] = unpack(withBytes(looked, core.knownOrder));
        if (known === "error") throw failed(refusal);
        if (known === "started") return resultOf(found);
      }
      if (left() <= 0) throw failed(core.orderFailed("being-started"));
      await sleep(PAUSE_MILLIS, signal);
    }
  } catch (error) {
    if (begun) release(store, order, begun);
    throw error;
  }

  const settle = async (settled: SettledOrder, aborts?: AbortSignal) => {
    const stored = promised(() => store.settle(settled));
    const ended = await within({ timeoutMillis: SETTLE_MILLIS, signal: aborts }, stored);
    return ended.ended === "aborted" ? within({ timeoutMillis: SETTLE_ABORTED_MILLIS }, stored) : ended;
  };
  let result;
  try {
    result = await call.start(() => order.until - MARGIN_MILLIS - Date.now());
  } catch (error) {
    const nothing = isFaceVerifyError(error) && error.execution === "none";
    // If this fails, the order becomes unknown at `until`. The caller needs the first error.
    await settle({ ...order, state: nothing ? "failed" : "unknown" }, signal);
    throw error;
  }
  const { certifyId, certifyUrl, requestId } = result;
  const { value, error } = await settle({ ...order, state: "started", certifyId, certifyUrl, requestId });
  if (value === true) return result;
  throw call.errorOf({ ...JSON.parse(core.orderFailed("not-stored")), certifyId, requestId }, error);
}

/**
 * Frees the number of an order that is not started, without the caller waiting for it. A driver can give up on a
 * statement that the database still executes, so this is repeated when the call's time is over, early enough before
 * `until`. Where the response ends all work, as on Workers, the row can remain: then the order is unknown after `until`,
 * which costs its number and starts nothing.
 */
function release(store: OrderStore, order: StoredOrder, begun: Promise<boolean>): void {
  const free = async () => {
    if ((await store.settle({ ...order, state: "failed" })) === true) clearTimeout(again);
  };
  const again = setTimeout(() => free().catch(() => {}), order.until - SETTLE_MILLIS - Date.now());
  // Node's timer; elsewhere it is a number.
  again.unref?.();
  begun
    .catch(() => {})
    .then(free)
    .catch(() => {});
}

/** Turns a thrown error into a rejected promise. */
const promised = async <T>(run: () => T | Promise<T>): Promise<T> => run();

const aborted = (core: ClientExports, signal: AbortSignal | undefined): string =>
  withBytes(["", "aborted", ...thrown(signal?.reason)], core.endUnsent);

/** The result of an order that was started before. */
function resultOf({ certifyId, certifyUrl, requestId }: StoredOrder): InitFaceVerifyResult {
  return {
    certifyId: certifyId ?? "",
    // A store may leave out a column that is null.
    certifyUrl: certifyUrl ?? null,
    code: "200",
    message: null,
    requestId: requestId ?? null,
    notices: [],
    raw: {},
  };
}
