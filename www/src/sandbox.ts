import type { Text } from "./core";

/** A verification as the sandbox's control API shows it. */
export interface Scan {
  certifyId: string;
  stage: "created" | "opened" | "ended" | "expired";
  /** The outcome, once the verification has ended: a SubCode, or a Code that the query fails with. */
  passed?: boolean | null;
  subCode?: string | null;
  code?: string | null;
}

export type ScanFailure = { code: string; message: Text } | "unreachable";
export type ScanAnswer = { ok: true; scan: Scan } | { ok: false; failure: ScanFailure };

/** Does what the phone does: opens the verification. */
export function open(sandbox: string, certifyId: string): Promise<ScanAnswer> {
  return act(sandbox, certifyId, "open");
}

/** Submits an outcome: `passed`, a SubCode, or a Code that the query then fails with. */
export function submit(sandbox: string, certifyId: string, outcome: string): Promise<ScanAnswer> {
  return act(sandbox, certifyId, "submit", { outcome });
}

const TIMEOUT_MS = 15_000;

async function act(sandbox: string, certifyId: string, verb: string, body?: object): Promise<ScanAnswer> {
  try {
    const response = await fetch(
      `${sandbox}/_sandbox/verifications/${encodeURIComponent(certifyId)}/${verb}`,
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body ?? {}),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    );
    const answer: unknown = await response.json();
    return response.ok
      ? { ok: true, scan: answer as Scan }
      : { ok: false, failure: answer as { code: string; message: Text } };
  } catch {
    return { ok: false, failure: "unreachable" };
  }
}
