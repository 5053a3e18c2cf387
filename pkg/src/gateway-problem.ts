/** The gateway's refusals. The console uses them, too. */

import type { Audience, Execution, Messages } from "./types.js";

/** RFC 9457, as the gateway writes it. */
export interface GatewayProblem {
  code: string;
  title?: string;
  messages: Messages;
  audience: Audience;
  retryable: boolean;
  execution: Execution;
  requestId: string;
  vendorCode?: string;
  vendorRequestId?: string;
  errors?: ProblemField[];
  settings?: ProblemField[];
}

interface ProblemField {
  field: string;
  rule: string;
  messages: Messages;
}

export type Members = Record<string, unknown>;

export const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const isText = (value: unknown): value is string => typeof value === "string";
/** The form in worker/openapi.json. */
const REQUEST_ID = /^[0-9A-Fa-f-]{32,36}$/;
const isMessages = (value: unknown) => isObject(value) && isText(value.zh) && isText(value.en);
const isFields = (value: unknown) =>
  value === undefined ||
  (Array.isArray(value) &&
    value.every(
      (each) => isObject(each) && isText(each.field) && isText(each.rule) && isMessages(each.messages),
    ));

/** Whether this is the gateway's problem, and not JSON of a proxy before it. */
export const isProblem = (value: unknown): value is GatewayProblem =>
  isObject(value) &&
  isText(value.code) &&
  isMessages(value.messages) &&
  isText(value.requestId) &&
  REQUEST_ID.test(value.requestId) &&
  typeof value.retryable === "boolean" &&
  ["user", "developer", "operator"].includes(value.audience as string) &&
  ["none", "unknown"].includes(value.execution as string) &&
  isFields(value.errors) &&
  isFields(value.settings);

/** A Retry-After in seconds; 0 for another one: a proxy may write a date. */
export const retryAfterMillis = (header: string | null | undefined) =>
  /^\d{1,6}$/.test(header ?? "") ? Number(header) * 1000 : 0;
