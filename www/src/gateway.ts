import { computed, signal } from "@preact/signals";
import { isProblem, retryAfterMillis, type GatewayProblem } from "../../pkg/src/gateway-problem";
import type {
  FaceVerification,
  FaceVerificationCounts,
  FaceVerificationPage,
  OrderStatus,
  StartedFaceVerification,
} from "../../pkg/src/gateway-types";
import type { Scheme } from "./core";
import { language, type Language } from "./preferences";

export type {
  FaceVerification,
  FaceVerificationCounts,
  FaceVerificationSummary,
  GatewayPicture,
  OrderStatus,
  StartedFaceVerification,
} from "../../pkg/src/gateway-types";

/** A problem from the gateway; its title is in the language that the page had at the request. */
export type Refusal = GatewayProblem & { titleIn: Language };

/** Why there is no response to show: a problem, another server's response, or no response at all. */
export type Failure = Refusal | `HTTP ${number}` | "unreachable";

/** The title, if it is in the language that the page has now. */
export const titleOf = ({ title, titleIn }: Refusal) => (titleIn === language.value ? title : undefined);

export type Answer<T> =
  | { ok: true; status: number; body: T; retryAfterMs: number }
  | { ok: false; failure: Failure; retryAfterMs: number };

export const statuses = [
  "starting",
  "unknown",
  "pending",
  "passed",
  "rejected",
  "expired",
] as const satisfies OrderStatus[];

/** Which orders to show. Times are in UTC; empty members are ignored. */
export interface Filter {
  status: OrderStatus | "";
  from: string;
  to: string;
}

/** The data that the gateway provides for its console. */
export interface Surroundings {
  mode: "development" | "staging" | "production";
  /** The sandbox's URL, if the sandbox is the gateway's upstream. */
  sandbox: string | null;
  signatureVersion: Scheme;
}

export const surroundings = signal<Surroundings | Failure | "loading">("loading");
/** The bearer token; kept only in memory. */
export const token = signal("");
/** Whether the token can be sent: a header holds no white space, full-width or invisible characters. */
export const isTokenSendable = computed(() => /^[!-~]+$/.test(token.value));

export function known(): Surroundings | null {
  const value = surroundings.value;
  return typeof value === "object" && "mode" in value ? value : null;
}

let learning: Promise<void> | undefined;

/** Loads the gateway's data again; concurrent callers share one request. */
export function learnSurroundings(): Promise<void> {
  learning ??= askSurroundings().finally(() => (learning = undefined));
  return learning;
}

/**
 * Resolves when the gateway's data and, in development, the token are known, or loading them has
 * failed.
 */
export async function surroundingsKnown(): Promise<void> {
  if (surroundings.value === "loading") await learnSurroundings();
}

async function askSurroundings(): Promise<void> {
  surroundings.value = "loading";
  const answer = await call<Surroundings>("GET", "/console.json");
  surroundings.value = answer.ok ? answer.body : answer.failure;
  if (answer.ok && answer.body.mode === "development" && token.value === "") {
    token.value = "dev-token"; // the gateway's own token, only for development
  }
}

export function start(
  input: Record<string, string>,
  restartUnknown: boolean,
): Promise<Answer<StartedFaceVerification>> {
  return call("POST", `/v1/face-verifications${restartUnknown ? "?restartUnknown=true" : ""}`, input);
}

export function read(outerOrderNo: string, material: boolean): Promise<Answer<FaceVerification>> {
  const order = encodeURIComponent(outerOrderNo);
  return call("GET", `/v1/face-verifications/${order}${material ? "" : "?material=false"}`);
}

export function list(filter: Filter, cursor: string, limit: number): Promise<Answer<FaceVerificationPage>> {
  const query = queryOf({ ...filter, cursor, limit: String(limit) });
  return call("GET", `/v1/face-verifications?${query}`);
}

/**
 * The order with this number or CertifyId, as recorded in the ledger; does not query the upstream.
 */
export function find(search: string): Promise<Answer<FaceVerificationPage>> {
  return call("GET", `/v1/face-verifications?${queryOf({ search })}`);
}

export function counts(filter: Filter, offsetMinutes: number): Promise<Answer<FaceVerificationCounts>> {
  const query = queryOf({ ...filter, offsetMinutes: String(offsetMinutes) });
  return call("GET", `/v1/face-verification-counts?${query}`);
}

function queryOf(parameters: Record<string, string>): URLSearchParams {
  return new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ""));
}

/** The photo, whether or not the gateway streams it; null if there is none. */
export async function photo(outerOrderNo: string): Promise<Blob | null> {
  try {
    const response = await fetch(`/v1/face-verifications/${encodeURIComponent(outerOrderNo)}/photo`, {
      headers: { authorization: `Bearer ${token.value}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      cache: "no-store",
    });
    return response.ok ? await response.blob() : null;
  } catch {
    return null;
  }
}

const TIMEOUT_MS = 45_000;

async function call<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
  const titleIn = language.value;
  const headers: Record<string, string> = { "accept-language": titleIn };
  if (isTokenSendable.value) headers["authorization"] = `Bearer ${token.value}`;
  if (body) headers["content-type"] = "application/json";
  try {
    const response = await fetch(path, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      cache: "no-store",
    });
    const retryAfterMs = retryAfterMillis(response.headers.get("retry-after"));
    const answer: unknown = await response.json().catch((error: unknown) => {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    });
    if (response.ok && answer !== undefined) {
      return { ok: true, status: response.status, body: answer as T, retryAfterMs };
    }
    const failure = isProblem(answer) ? { ...answer, titleIn } : (`HTTP ${response.status}` as const);
    return { ok: false, failure, retryAfterMs };
  } catch {
    // The connection failed, or the request timed out.
    return { ok: false, failure: "unreachable", retryAfterMs: 0 };
  }
}
