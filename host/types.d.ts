/** The data that the gateway's core, its hosts and their stores exchange. The core's side is in `src/wasm/gateway.rs`. */

import type { SignedRequest } from "../pkg/dist/transport.js";
import type { Messages } from "../pkg/dist/types.js";
import type { Limits } from "../pkg/dist/waits.js";

export type { Messages, SignedRequest };

export type Headers = [name: string, value: string][];

/** A request in the core's form. */
export interface Message {
  method: string;
  path: string;
  query: string;
  headers: Headers;
  host: string;
  freshId: string;
  body?: Uint8Array;
}

/** A response of the core. */
export interface Reply {
  status: number;
  headers: Headers;
  body: string | Uint8Array;
  /** For the log: a problem's code, or `created`, `pending`, `passed` and so on. */
  outcome: string;
  /** For the log: Alibaba Cloud's Code and RequestId, if the response is about a failed call. */
  vendorCode?: string;
  vendorRequestId?: string;
}

/** The route of a request, and how to handle it. */
export interface Routed {
  requestId: string;
  caller: string | null;
  key: string | null;
  route: string;
  /** Headers of every response to the request, such as those of CORS. */
  headers?: Headers;
  then:
    | { type: "readBody"; limit: number; millis: number }
    | { type: "assets" }
    | { type: "file"; name: string; reply: Omit<Reply, "body"> }
    | { type: "reply"; reply: Reply }
    | { type: "ledger"; task: string; afterReset: string };
}

/** The outcome of a call, for the next step of its task. */
export interface SendOutcome {
  kind: string;
  /** The task that sent the request, if several tasks share it. */
  sentFor?: string | undefined;
  status?: number | undefined;
  headers?: Headers;
  body?: Uint8Array;
}

/** A half-open range of keys; descending if `reverse`. */
export interface Range {
  from: string;
  to: string;
  limit: number;
  reverse: boolean;
}

export type Row = [key: string, value: string | null];

/** The loaded rows and, on a host with several instances, the other live ones. */
export interface Known {
  rows: Row[];
  ranges: [Range, [key: string, value: string][]][];
  others?: string[] | undefined;
}

export interface Load {
  keys?: string[];
  range?: Range | undefined;
}

/** The result of a load: a row for each key, and the rows of the range. */
export interface Loaded {
  rows: Row[];
  range: [key: string, value: string][] | undefined;
}

/** The effects of a step. */
export interface Commit {
  writes: Row[];
  /** When the alarm fires; null leaves it unchanged. */
  alarm: number | null;
  /** Orders whose waiting tasks continue. */
  wake: string[];
  /** Keys of damaged rows. */
  unreadable: string[];
  /** The webhook delivery that has failed for the last time, with the receiver's HTTP status, if any. */
  undelivered: { status: number | null } | null;
  /** Why the gateway's core itself failed; null if it did not. */
  failure: string | null;
  next: Next;
}

/** How a task continues after a step. */
export type Next =
  | { type: "idle" }
  | { type: "reply"; reply: Reply }
  | { type: "photo"; url: string }
  | ({ type: "send" } & Call)
  | ({ type: "wait" } & Wait)
  | { type: "together"; tasks: string[]; then: string }
  | { type: "again"; then: string };

/** A request to Alibaba Cloud or, without an action, to a webhook receiver. */
export interface Call {
  action: string | null;
  request: SignedRequest;
  timeoutMillis: number;
  /** Whether it is the first to get no turn if many are waiting. */
  yields: boolean;
  /** The key by which tasks share the call. */
  share: string | null;
  then: string;
}

export interface Wait {
  millis: number;
  /** The order to wait for. */
  on: string | null;
  untilDisconnect: boolean;
  then: string;
}

export type Decide = (
  known: Known,
) => { load: Load; commit?: undefined } | { load?: undefined; commit: Commit };

/** The store of one ledger. Every implementation passes `tests/storage/`. */
export interface LedgerStorage {
  /**
   * Calls `decide` until it returns a commit, and loads the rows that it needs in between. Writes the commit's rows and alarm
   * to disk in one transaction before it returns the commit. The step has the ledger to itself.
   */
  step(decide: Decide): Commit | Promise<Commit>;
  /** When the alarm is set to fire. */
  alarm(): Promise<number | undefined> | number | undefined;
  setAlarm(at: number): Promise<void> | void;
}

/** The ledgers of a Node process. */
export interface Store {
  /** The database: its path, or a connection string without user and password. */
  readonly place: string;
  /** Whether the database is new. */
  readonly created: boolean;
  ledger(name: string): LedgerStorage;
  /** The due alarms of ledgers that are not busy, and the time of the next alarm. */
  takeAlarms(now: number, busy: string[]): DueAlarms | Promise<DueAlarms>;
  /** The ledgers whose alarm is set. */
  alarmed(): Promise<string[]> | string[];
  /** Clears an alarm after its work, unless the work has set another time. */
  clearAlarm(ledger: string, at: number): unknown;
  /** Throws if the database cannot be reached or written. */
  probe(): unknown;
  /** Counts the rows of these deliveries in all ledgers. */
  backlog(pending: PendingDeliveries): Backlog | Promise<Backlog>;
  close(): unknown;
  /** Called with an alarm's time after it is set. */
  onAlarm: (at: number) => void;
  // The following members exist only if several instances use the database.
  /** This instance's name in the ledgers. */
  readonly instance?: string;
  /** Polling interval of waiting tasks and of the alarm. */
  pollMillis?: number;
  /** Called when another instance has changed an order. */
  onWake?: (ledger: string, order: string) => void;
  /** Called once, when the lease is lost. */
  onLost?: () => void;
  /** Throws once another instance may have taken over this one's work. */
  mustHoldLease?(): void;
  /** The next turn to call, shared by all instances, by the database's clock. */
  turn?(action: string, turn: (freeAt: number, now: number) => Turn | null): Promise<Turn | null>;
}

export interface DueAlarms {
  due: { ledger: string; at: number }[];
  next?: number | undefined;
}

/** Rows whose keys are in the half-open range and match the SQL pattern `like`; the time of each follows `from`. */
export interface PendingDeliveries {
  from: string;
  to: string;
  like: string;
}

export interface Backlog {
  count: number;
  /** The key of the first row. */
  first: string | undefined;
}

/** How long a call must wait, and when the next call may be sent. */
export interface Turn {
  waitMillis: number;
  freeAt: number;
}

/** A finished task. */
export interface Finished {
  reply?: Reply;
  /** URL of the photo to fetch. */
  photo?: string;
  upstream: Upstream;
}

/** Number and total duration of a request's calls to Alibaba Cloud. */
export interface Upstream {
  calls: number;
  millis: number;
}

/** The host of ledgers. */
export interface LedgerHost {
  core: Core;
  /** The settings as JSON text, for the core. */
  settings(): string;
  /** Identifies this instance: calls in progress are lost when it ends. */
  instance: string;
  /** Maximum time between two reads of an order that another instance can change. */
  pollMillis?: number | undefined;
  /** Milliseconds to wait before a call; null if too many calls are waiting. */
  turn(action: string, call: Waiting): Promise<number | null>;
  /** Throws once another instance may have taken over this one's work; `send` then throws, too. */
  mustHoldLease?(): void;
  /** Sends a request. A connection failure is an outcome, not an exception. */
  send(request: SignedRequest, limits: Limits): Promise<SendOutcome>;
  observeCall?(call: ObservedCall): void;
  /** Counts a failure that no response reports. */
  observeFailure?(failure: LedgerFailure, ledger: string | undefined): void;
  /** Whether the host is about to end. */
  stopping?(): boolean;
}

/** A call that waits for its turn. */
export interface Waiting {
  /** Whether the call is the first to get no turn if many are waiting. */
  yields: boolean;
  /** How many other calls of its caller are waiting for their turns. */
  ofCaller: number;
}

/** A failed alarm, an unreadable row, a failed step, a turn that could not be found out, a webhook delivery given up. */
export type LedgerFailure = "alarm" | "row" | "step" | "turn" | "webhook";

export interface ObservedCall {
  /** InitFaceVerify, DescribeFaceVerify or Webhook. */
  action: string;
  /** The HTTP status, or the reason for no response; `crowded`: not sent because too many calls were waiting. */
  result: string;
  millis: number;
}

/** The host of one request; `Page` is the host's type of a static file. */
export interface Host<Page> {
  core: Core;
  /** The settings as JSON text, for the core. */
  settings: string;
  /** Files outside the module that the core can name as a response's body. */
  files: Record<string, string>;
  /** Passes a task to the caller's ledger; `afterReset` is the task to run after the ledger was reset. */
  run(caller: string, task: string, afterReset: string): Promise<Finished>;
  /** The static file at the request's path, if any. */
  page(): Promise<Page | undefined>;
  /** Whether the host's rate limit allows the request. */
  mayGoOn(caller: string): Promise<boolean>;
  /** The core's name of the failure if the host cannot serve the request now. */
  unable?(routed: Routed): Promise<string | undefined>;
  /** Receives the log line of a request. */
  observe(line: LogLine): void;
}

export interface LogLine {
  requestId: string;
  caller?: string | undefined;
  /** Which of the caller's tokens or key pairs: the beginning of the token's hash, or the AccessKeyId. */
  key?: string | undefined;
  route?: string | undefined;
  method: string;
  status: number;
  outcome: string;
  vendorCode?: string | undefined;
  vendorRequestId?: string | undefined;
  durationMs: number;
  upstreamCalls?: number | undefined;
  upstreamMs?: number | undefined;
  error?: object | undefined;
}

/** Time and randomness of a step, the same for all its repetitions. */
export interface Moment {
  now: number;
  random: Uint8Array;
  /** Whether the host is about to end. */
  stopping: boolean;
}

/** The module's functions, with objects instead of JSON text. */
export interface Core {
  route(settings: string, request: Message): Routed;
  step(
    settings: string,
    task: string,
    sendOutcome: SendOutcome | undefined,
    known: Known,
    instance: string,
    moment: Moment,
  ): ReturnType<Decide>;
  /** The first task of an alarm. */
  alarm(): string;
  /** The task that compares the alarm with the due rows; `set` is when it is set to fire. */
  compareAlarm(set?: number): string;
  /** Which rows are pending webhook deliveries. */
  pendingDeliveries(now: number): PendingDeliveries;
  turn(settings: string, freeAt: number, call: Waiting, now?: number): Turn | null;
  /** The AccessKeySecret of a key pair, derived from GATEWAY_SECRET. */
  keySecret(gatewaySecret: string, accessKeyId: string): string;
  /** A secret of a caller's webhook deliveries, derived from GATEWAY_SECRET. */
  webhookSecret(gatewaySecret: string, caller: string, number: number): string;
  failure(what: string, request: Message, requestId: string): Reply;
  photo(status: number, contentType: string, request: Message, requestId: string): Reply;
}

/** A setting's problem, as /readyz reports it. */
export interface SettingProblem {
  field: string;
  rule?: string;
  messages: Messages;
}

/** The members of a caller in GATEWAY_CALLERS that the operator's commands change. */
export interface Caller {
  id: string;
  tokenSha256?: string[] | undefined;
  tokens?: { sha256: string; scopes?: string[] }[] | undefined;
  keyPairs?: { accessKeyId: string; scopes?: string[] }[] | undefined;
  scopes?: string[];
  webhookUrl?: string;
  /** The numbers of the keys that sign webhook deliveries; 1 if missing. */
  webhookKeys?: number[];
  maxStartsPerDay?: number;
  maxStartsPerUserPerDay?: number;
}
