/** Every failure of the gateway's client, and what follows from it for the next attempt. */

import type { Failure } from "./errors.js";
import {
  isObject,
  isProblem,
  retryAfterMillis,
  type GatewayProblem,
  type Members,
} from "./gateway-problem.js";
import type { ProblemCode } from "./gateway-types.js";
import { problem } from "./options.js";
import type { Outcome } from "./transport.js";
import type { ErrorKind, Messages } from "./types.js";

export interface Answer {
  status: number;
  headers: Map<string, string>;
  body: Uint8Array;
}

/** An attempt's failure, and what follows from it for the next one. */
export interface Lost {
  failure: Failure;
  /** Whether the same request can be repeated at once. */
  repeatable: boolean;
  /** The gateway's Retry-After. */
  waitMs?: number;
  thrown?: unknown;
}

export const URL_PROBLEM = problem(
  "url",
  "url",
  "应为网关的 https:// 地址，不含用户名、查询参数与片段；除本机外，http:// 地址需同时设置 allowHttp。",
  "must be the gateway's https:// URL, without a user, query or fragment; http:// needs allowHttp, except on this machine.",
);
export const TOKEN_PROBLEM = problem(
  "token",
  "token",
  "应为网关签发的令牌，或返回令牌的函数。",
  "must be a token issued by the gateway's operator, or a function that returns it.",
);
export const SCENE_ID_PROBLEM = problem(
  "sceneId",
  "unsafe-integer",
  "超出 JavaScript 数字的精度，请以 bigint 或字符串传入。",
  "is beyond the precision of a JavaScript number; pass it as bigint or string.",
);
export const ORDER_PROBLEM = problem(
  "outerOrderNo",
  "format",
  "应为 32 位字母与数字。",
  "must have 32 letters and digits.",
);
export const SEARCH_PROBLEM = problem(
  "search",
  "form",
  "应为完整的商户订单号或 CertifyId。",
  "must be a complete order number or CertifyId.",
);

const local = (
  kind: ErrorKind,
  code: string,
  audience: Failure["audience"],
  retryable: boolean,
  zh: string,
  en: string,
): Failure => ({ kind, code, message: { zh, en }, audience, retryable, execution: "none", fields: [] });

const ABORTED = local(
  "aborted",
  "Aborted",
  "developer",
  false,
  "调用方取消了请求。",
  "The caller aborted the call.",
);
export const NO_TOKEN = local(
  "credentials",
  "CredentialsFailed",
  "developer",
  false,
  "token 函数未返回网关签发的令牌，本次请求未发送；请开发者改正。",
  "The token function returned no token of the gateway, so this request was not sent; the developer must correct it.",
);
export const TOKEN_FAILED = local(
  "credentials",
  "CredentialsFailed",
  "operator",
  true,
  "token 函数获取令牌失败，本次请求未发送；请检查令牌来源，原因见 cause。",
  "The token function failed, so this request was not sent; check its source, and see `cause`.",
);
export const TOKEN_TIMED_OUT = local(
  "credentials",
  "CredentialsTimeout",
  "operator",
  true,
  "token 函数超时，本次请求未发送；请检查令牌来源，或增大整个调用的时限。",
  "The token function timed out, so this request was not sent; check its source, or raise the time limit of the call.",
);
export const UNREADABLE = local(
  "protocol",
  "NotTheGateway",
  "operator",
  false,
  "响应不是网关的响应，或属于其他订单；请检查 url 与中间代理。",
  "The response is not the gateway's, or is of another order; check the url and intermediate proxies.",
);
const BUSY_PROXY = { ...UNREADABLE, kind: "transport", retryable: true } as const;

/** Requests without a response of HTTP, by the outcome's kind. */
const LOSSES: Record<string, Failure> = {
  aborted: ABORTED,
  "timed-out": local(
    "timeout",
    "Timeout",
    "operator",
    true,
    "网关未在规定时间内返回完整的响应，请检查网络或增大 timeoutMs。",
    "The gateway did not return a complete response in time; check the network or raise timeoutMs.",
  ),
  "too-large": local(
    "protocol",
    "AnswerTooLarge",
    "operator",
    false,
    "响应过大，不是网关的响应；请检查 url 与中间代理。",
    "The response is too large to be the gateway's; check the url and intermediate proxies.",
  ),
  "not-a-response": local(
    "validation",
    "InvalidFetch",
    "developer",
    false,
    "所用的 fetch 函数未返回 Response，请开发者改正。",
    "The fetch function did not return a Response; the developer must correct it.",
  ),
};
const CONNECTION = local(
  "transport",
  "ConnectionFailed",
  "operator",
  true,
  "未能连接到网关，或连接中断；请检查网络与 url。",
  "The gateway is unreachable, or the connection was interrupted; check the network and the url.",
);

/** No response arrived: a start may have reached the gateway. */
export function lost({ kind, error }: Outcome, sentStart: boolean): Lost {
  const failure = LOSSES[kind] ?? CONNECTION;
  return {
    failure: { ...failure, execution: sentStart ? "unknown" : "none" },
    repeatable: failure.retryable,
    thrown: error,
  };
}

/** The last failure of a call of which an attempt may have started the order. */
export function maybeStarted(failure: Failure): Failure {
  return { ...failure, execution: "unknown", retryable: false, message: withDoubt(failure) };
}

function withDoubt({ message, code, execution, requestId }: Failure): Messages {
  const fromGateway = requestId !== undefined;
  if (fromGateway && execution === "unknown") return message;
  // The gateway's message is about the last attempt alone, and can advise to retry.
  const { zh, en } = fromGateway
    ? { zh: `网关拒绝了最后一次请求（${code}）。`, en: `The gateway refused the last attempt (${code}).` }
    : message;
  return { zh: zh + MAY_BE_STARTED.zh, en: `${en} ${MAY_BE_STARTED.en}` };
}

const MAY_BE_STARTED: Messages = {
  zh: "该订单可能已发起；以相同参数再次调用（不带 restartUnknown）不会重复发起认证。",
  en: "The order may have been started; a repeated call without restartUnknown does not start a second verification.",
};

export const BEING_STARTED: ProblemCode = "order-being-started";

/** What a refusal is to the caller, by its code or otherwise by its status. */
const KINDS = new Map<string | number, ErrorKind>([
  ["start-outcome-unknown", "transport"],
  ["order-being-started", "transport"],
  ["upstream-throttled", "throttled"],
  [400, "validation"],
  [401, "credentials"],
  [403, "credentials"],
  [404, "validation"],
  [405, "validation"],
  [408, "timeout"],
  [409, "validation"],
  [413, "validation"],
  [415, "validation"],
  [422, "vendor"],
  [429, "throttled"],
  [502, "vendor"],
  [504, "timeout"],
]);

/** A response other than the requested one: a problem of the gateway, or of something before it. */
export function refused({ status, headers, body }: Answer, sentStart: boolean): Lost {
  const waitMs = retryAfterMillis(headers.get("retry-after"));
  const found = objectFrom(body);
  if (!isProblem(found)) {
    const failure = status === 408 || status === 429 || status >= 500 ? BUSY_PROXY : UNREADABLE;
    const execution = sentStart ? "unknown" : "none";
    return { failure: { ...failure, execution, httpStatus: status }, repeatable: failure.retryable, waitMs };
  }
  const { code, messages, audience, retryable, execution, requestId } = found;
  const failure: Failure = {
    kind: KINDS.get(code) ?? KINDS.get(status) ?? "transport",
    code,
    message: withVendor(messages, found),
    audience,
    retryable,
    execution,
    requestId,
    httpStatus: status,
    fields: [...(found.errors ?? []), ...(found.settings ?? [])].map(
      ({ field, rule, messages: message }) => ({
        field,
        rule,
        message,
      }),
    ),
  };
  return { failure, repeatable: retryable, waitMs };
}

/** The message with Alibaba Cloud's own code and RequestId, which its support asks for. */
function withVendor({ zh, en }: Messages, { vendorCode, vendorRequestId }: GatewayProblem): Messages {
  if (!vendorCode) return { zh, en };
  const id = vendorRequestId ? `, RequestId ${vendorRequestId}` : "";
  return {
    zh: `${zh}（阿里云 Code ${vendorCode}${id}）`,
    en: `${en} (Alibaba Cloud's Code ${vendorCode}${id})`,
  };
}

/** The object in a body of JSON, if it is one. */
export function objectFrom(body: Uint8Array): Members | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
