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
/** Time limit for storing an outcome, which no signal aborts. */
const SETTLE_MILLIS = 10_000;
/** Interval between two reads of an order that another call is starting. */
const PAUSE_MILLIS = 100;

export interface Start {
  core: ClientExports;
  store: OrderStore;
  /** The client's options, packed. */
  options: Uint8Array;
  /** Packed. */
  parameters: readonly Member[];
  /** When the call's time is over, in milliseconds since 1970. */
  deadline: number;
  signal: AbortSignal | undefined;
  /** Calls Alibaba Cloud. */
  start(): Promise<InitFaceVerifyResult>;
  /** The error for the caller. */
  errorOf(failure: Failure, cause?: unknown): FaceVerifyError;
}

/** Starts an order unless the store contains it. The core decides what a stored order means for the call. */
export async function startOnce(call: Start): Promise<InitFaceVerifyResult> {
  const { core, store, deadline, signal } = call;
  const failed = (json: string, cause?: unknown) => call.errorOf(JSON.parse(json), cause);
  const given = [call.options, ...call.parameters, store.secret, Date.now()];
  const [read, number = "", fingerprint = ""] = unpack(withBytes(given, core.orderOf));
  if (read === "error") throw failed(number);
  const order: StoredOrder = {
    outerOrderNo: number,
    fingerprint,
    attempt: randomHex(),
    state: "starting",
    until: deadline + MARGIN_MILLIS,
    certifyId: null,
    certifyUrl: null,
    requestId: null,
  };

  const ask = async <T>(asked: () => Promise<T>): Promise<T> => {
    const timeoutMillis = Math.max(0, deadline - Date.now());
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

  for (;;) {
    let begun: Promise<boolean> | undefined;
    try {
      if ((await ask(() => (begun = promised(() => store.begin(order))))) === true) break;
    } catch (error) {
      // Nothing was started, so the number is released, even if the row appears later.
      begun
        ?.catch(() => true)
        .then((there) => there && store.settle({ ...order, state: "failed" }))
        .catch(() => {});
      throw error;
    }
    const found = await ask(() => promised(() => store.read(number)));
    // A store that repeats its statement finds its own row.
    if (found?.attempt === order.attempt) break;
    if (found) {
      // A row that was edited by hand, or restored in part.
      const state = found.state === "started" && !found.certifyId ? "unknown" : found.state;
      const looked = [state, found.fingerprint, fingerprint, Number(found.until), Date.now()];
      const [known, refusal = ""] = unpack(withBytes(looked, core.knownOrder));
      if (known === "error") throw failed(refusal);
      if (known === "started") return resultOf(found);
    }
    if (Date.now() >= deadline) throw failed(core.orderFailed("being-started"));
    await sleep(PAUSE_MILLIS, signal);
  }

  const settle = (settled: SettledOrder) =>
    within(
      { timeoutMillis: SETTLE_MILLIS },
      promised(() => store.settle(settled)),
    );
  let result;
  try {
    result = await call.start();
  } catch (error) {
    const nothing = isFaceVerifyError(error) && error.execution === "none";
    // If this fails, the order becomes unknown at `until`. The caller needs the first error.
    await settle({ ...order, state: nothing ? "failed" : "unknown" });
    throw error;
  }
  const { certifyId, certifyUrl, requestId } = result;
  const { value, error } = await settle({ ...order, state: "started", certifyId, certifyUrl, requestId });
  if (value === true) return result;
  throw call.errorOf({ ...JSON.parse(core.orderFailed("not-stored")), certifyId, requestId }, error);
}

/** Turns a thrown error into a rejected promise. */
const promised = async <T>(run: () => T | Promise<T>): Promise<T> => run();

const aborted = (core: ClientExports, signal: AbortSignal | undefined): string =>
  withBytes(["", "aborted", ...thrown(signal?.reason)], core.endUnsent);

/** The result of an order that was started before. */
function resultOf({ certifyId, certifyUrl, requestId }: StoredOrder): InitFaceVerifyResult {
  return { certifyId: certifyId ?? "", certifyUrl, code: "200", message: null, requestId, raw: {} };
}
