/** What passes between the gateway's core, its hosts and their stores. The core's side is in `src/wasm/gateway.rs`. */

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
  /** For the log: a problem's code, or what was done. */
  outcome: string;
}

/** What a request leads to. */
export interface Routed {
  requestId: string;
  caller: string | null;
  route: string;
  /** Headers of every response to it, such as those of CORS. */
  headers?: Headers;
  then:
    | { type: "readBody"; limit: number; millis: number }
    | { type: "assets" }
    | { type: "file"; name: string; reply: Omit<Reply, "body"> }
    | { type: "reply"; reply: Reply }
    | { type: "ledger"; task: string; again: string };
}

/** The outcome of a call, for the next step of its task. */
export interface SendOutcome {
  kind: string;
  /** The task whose request several tasks share. */
  sentFor?: string | undefined;
  status?: number | undefined;
  headers?: Headers;
  body?: Uint8Array;
}

/** A half-open range of keys; in reverse, descending. */
export interface Range {
  from: string;
  to: string;
  limit: number;
  reverse: boolean;
}

export type Row = [key: string, value: string | null];

/** The loaded rows, and the other live instances of a host that has several. */
export interface Known {
  rows: Row[];
  ranges: [Range, [key: string, value: string][]][];
  others?: string[] | undefined;
}

export interface Load {
  keys?: string[];
  range?: Range | undefined;
}

/** What a load found: a row for each key, and those of the range. */
export interface Loaded {
  rows: Row[];
  range: [key: string, value: string][] | undefined;
}

/** What a step does. */
export interface Commit {
  writes: Row[];
  /** When the alarm fires; null leaves it unchanged. */
  alarm: number | null;
  /** Orders whose waiting tasks continue. */
  wake: string[];
  /** Keys of damaged rows. */
  unreadable: string[];
  next: Next;
}

/** How a task goes on after a step. */
export type Next = { then: string } & (
  | { type: "idle" }
  | { type: "reply"; reply: Reply }
  | { type: "photo"; url: string }
  | ({ type: "send" } & Call)
  | ({ type: "wait" } & Wait)
  | { type: "together"; tasks: string[] }
  | { type: "again" }
);

/** A request to Alibaba Cloud or, without an action, to a receiver of webhooks. */
export interface Call {
  action: string | null;
  request: SignedRequest;
  timeoutMillis: number;
  /** Whether it gives way to other calls. */
  yields: boolean;
  /** The name under which tasks share it. */
  share: string | null;
  then: string;
}

export interface Wait {
  millis: number;
  /** The order to wait for. */
  on: string | null;
  untilDisconnect: boolean;
}

export type Decide = (
  known: Known,
) => { load: Load; commit?: undefined } | { load?: undefined; commit: Commit };

/** The store of one ledger. Every implementation passes `tests/storage/`. */
export interface LedgerStorage {
  /**
   * Calls `decide` until it returns a commit, and loads the rows that it needs; writes the commit's rows and alarm in
   * one transaction, on disk, before it returns the commit. Nothing else reads or writes the ledger in between.
   */
  step(decide: Decide): Commit | Promise<Commit>;
  /** When the alarm is set to fire. */
  alarm(): Promise<number | undefined> | number | undefined;
  setAlarm(at: number): Promise<void> | void;
}

/** The ledgers of a Node process. */
export interface Store {
  ledger(name: string): LedgerStorage;
  /** The alarms that are due and whose ledger is not busy, and when the following one is. */
  takeAlarms(now: number, busy: string[]): DueAlarms | Promise<DueAlarms>;
  /** Clears an alarm after its work, unless the work set another time. */
  clearAlarm(ledger: string, at: number): unknown;
  /** Throws if the database cannot be reached and written. */
  probe(): unknown;
  /** The number of pending webhook deliveries in all ledgers, and when the first is due. */
  backlog(now: number): Backlog | Promise<Backlog>;
  close(): unknown;
  /** Called with its time after an alarm is set. */
  onAlarm: (at: number) => void;
  /** The following are there if several instances use the database: this one's name in the ledgers, … */
  readonly instance?: string;
  /** … how often a waiting task and an idle alarm look again, … */
  pollMillis?: number;
  /** … called when another instance changed an order, … */
  onWake?: (ledger: string, order: string) => void;
  /** … called once, when the lease is lost, … */
  onLost?: () => void;
  /** … what throws once another instance may have taken this one's work, … */
  mustHoldLease?(): void;
  /** … and the next turn to call, over all instances, by the database's clock. */
  turn?(action: string, turn: (freeAt: number, now: number) => Turn | null): Promise<Turn | null>;
}

export interface DueAlarms {
  due: { ledger: string; at: number }[];
  next?: number | undefined;
}

export interface Backlog {
  reports: number;
  oldest: number | undefined;
}

/** When a call may be sent, and when the next one may be. */
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

/** Calls to Alibaba Cloud for a request. */
export interface Upstream {
  calls: number;
  millis: number;
}

/** The host of ledgers. */
export interface LedgerHost {
  core: Core;
  /** As the core reads them. */
  settings(): string;
  /** A call ends with the instance that made it. */
  instance: string;
  /** The longest wait for an order that another instance can change unnoticed. */
  pollMillis?: number | undefined;
  /** Milliseconds to wait before a call; null if too many calls are waiting. */
  turn(action: string, yields: boolean): Promise<number | null>;
  /** Sends a request; every failure of the connection is an outcome. */
  send(request: SignedRequest, limits: Limits): Promise<SendOutcome>;
  observeCall?(call: ObservedCall): void;
}

export interface ObservedCall {
  /** InitFaceVerify, DescribeFaceVerify or Webhook. */
  action: string;
  /** The HTTP status, or the reason why there is none; `crowded`: not sent because too many were waiting. */
  result: string;
  millis: number;
}

/** The host of one request; `Page` is a static file in the host's own form. */
export interface Host<Page> {
  core: Core;
  /** As the core reads them. */
  settings: string;
  /** Files outside of the module that the core names as a response's body. */
  files: Record<string, string>;
  /** Passes a task to the caller's ledger; `again` is the task to pass after a reset of its host. */
  run(caller: string, task: string, again: string): Promise<Finished>;
  /** The static file at the request's path, if there is one. */
  page(): Promise<Page | undefined>;
  /** Whether the host's rate limit allows the request. */
  mayGoOn(caller: string): Promise<boolean>;
  /** Why the host cannot serve the routed request now, as the core's name of a failure. */
  unable?(routed: Routed): Promise<string | undefined>;
  /** Receives the log line of a request. */
  observe(line: LogLine): void;
}

export interface LogLine {
  requestId: string;
  caller?: string | undefined;
  route?: string | undefined;
  method: string;
  status: number;
  outcome: string;
  durationMs: number;
  upstreamCalls?: number | undefined;
  upstreamMs?: number | undefined;
  error?: object | undefined;
}

/** The moment of a step, the same for all its repetitions. */
export interface Moment {
  now: number;
  random: Uint8Array;
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
  /** The first task that sets a lost alarm again; `set` is when it is set to fire. */
  wake(set?: number): string;
  turn(settings: string, freeAt: number, yields: boolean, now?: number): Turn | null;
  failure(what: string, request: Message, requestId: string): Reply;
  photo(status: number, contentType: string, request: Message, requestId: string): Reply;
}

/** A setting's problem, as /readyz reports it. */
export interface SettingProblem {
  field: string;
  rule?: string;
  messages: Messages;
}

/** A caller in GATEWAY_CALLERS, as far as the operator's commands change it. */
export interface Caller {
  id: string;
  tokenSha256?: string[] | undefined;
  tokens?: { sha256: string; scopes?: string[] }[] | undefined;
  keyPairs?: { accessKeyId: string; scopes?: string[] }[] | undefined;
  scopes?: string[];
  webhookUrl?: string;
  maxStartsPerDay?: number;
  maxStartsPerUserPerDay?: number;
}
