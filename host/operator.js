/** The operator's commands for settings, shared by all hosts. */

import { createHash, randomBytes } from "node:crypto";
import * as glue from "../pkg/wasm/gateway/cloudauth_edge.js";
import { settingsText } from "./core.js";
import { Failure } from "./failure.js";

/**
 * @import { Caller, Core, SettingProblem } from "./types.js"
 *
 * @typedef {Record<string, string | undefined>} Variables the deployed settings
 */

/**
 * Creates a token and a key pair. A new caller is added; an existing caller also keeps the old ones.
 *
 * @param {Core} core
 * @param {Variables} variables
 * @param {string} id
 */
export function newCaller(core, variables, id) {
  if (!/^[a-z0-9-]{1,64}$/.test(id ?? "")) {
    throw new Failure(
      "The caller's id must be 1 to 64 lower-case letters, digits or hyphens.",
      "调用方 id 应为 1 至 64 个小写字母、数字或连字符。",
    );
  }
  const { GATEWAY_SECRET: secret } = variables;
  if (!secret) {
    throw new Failure(
      "GATEWAY_SECRET is not set; the key pair's secret is derived from it. Set it to the deployment's value.",
      "未设置 GATEWAY_SECRET；密钥对由它派生，请设为与部署环境相同的值。",
    );
  }
  const callers = deployedCallers(core, variables);
  const token = randomBytes(32).toString("base64url");
  const accessKeyId = `gwk-${id.slice(0, 40)}-${randomBytes(6).toString("hex")}`;
  const tokenSha256 = createHash("sha256").update(token).digest("hex");
  const known = callers.find((caller) => caller.id === id);
  if (known) {
    known.tokenSha256 = [...(known.tokenSha256 ?? []), tokenSha256];
    known.keyPairs = [...(known.keyPairs ?? []), { accessKeyId }];
  } else {
    callers.push({
      id,
      tokenSha256: [tokenSha256],
      keyPairs: [{ accessKeyId }],
      scopes: ["create", "read"],
    });
  }
  return {
    callers: JSON.stringify(callers),
    shown: `Shown once; hand them to ${id} over a secure channel:
  bearer token     ${token}
  AccessKeyId      ${accessKeyId}
  AccessKeySecret  ${glue.gatewayKeySecret(secret, accessKeyId)}
  webhook secret   ${glue.gatewayWebhookSecret(secret, id)}`,
    note: variables.GATEWAY_CALLERS
      ? ""
      : "\nIt contains this caller only, because GATEWAY_CALLERS is not set here. Add the caller to the deployed list.",
  };
}

/**
 * Adds a token and a key pair to an existing caller. With `finish`, removes the older ones, except those with their
 * own scopes.
 *
 * @param {Core} core
 * @param {Variables} variables
 * @param {string} id
 * @param {{ finish?: boolean | undefined }} [options]
 */
export function rotate(core, variables, id, { finish = false } = {}) {
  const callers = deployedCallers(core, variables);
  const known = callers.find((caller) => caller.id === id);
  if (!known) {
    throw new Failure(`GATEWAY_CALLERS has no caller ${id}.`, `GATEWAY_CALLERS 中没有调用方 ${id}。`);
  }
  if (!finish) return newCaller(core, variables, id);
  const newest = known.tokenSha256?.slice(-1);
  // Those with their own scopes belong to another user, whom a rotation must not lock out.
  /**
   * @template {{ scopes?: string[] }} T
   * @param {T[] | undefined} list
   * @param {boolean} keepsNewest
   */
  const finished = (list, keepsNewest) => {
    const shared = list?.filter(({ scopes }) => !scopes);
    return list?.filter((entry) => entry.scopes || (keepsNewest && entry === shared?.at(-1)));
  };
  known.tokenSha256 = newest;
  known.tokens = finished(known.tokens, !newest?.length);
  known.keyPairs = finished(known.keyPairs, true);
  return {
    callers: JSON.stringify(callers),
    shown: `Of ${id}, the newest token and key pair remain, and those with their own scopes.
${id} 只保留最新的令牌与密钥对，以及单独设有 scopes 的令牌与密钥对。`,
    note: "",
  };
}

/**
 * Throws if the deployment would refuse the settings. The secrets of other callers may be missing here.
 *
 * @param {Core} core
 * @param {Variables} variables
 * @returns {Caller[]}
 */
function deployedCallers(core, variables) {
  const wrong = problemsOf(core, variables).filter(
    ({ field, rule }) =>
      field === "GATEWAY_SECRET" ||
      (field === "GATEWAY_CALLERS" && !["missing", "secret-setting"].includes(rule ?? "")),
  );
  if (wrong.length > 0) {
    throw new Failure(`No caller was created:\n${listed(wrong)}`, "未生成任何凭据。");
  }
  return variables.GATEWAY_CALLERS ? JSON.parse(variables.GATEWAY_CALLERS) : [];
}

/**
 * The problems of the settings, in the format of /readyz.
 *
 * @param {Core} core
 * @param {Variables} variables
 */
export function problemsOf(core, variables) {
  const request = { method: "GET", path: "/readyz", query: "", headers: [], host: "127.0.0.1", freshId: "" };
  const { then } = core.route(settingsText(variables), request);
  if (then.type !== "reply")
    throw new Error(`/readyz leads to "${then.type}": this is a bug of the gateway's core.`);
  const { reply } = then;
  return wrongSettings({ status: reply.status, text: String(reply.body) });
}

/**
 * The problems of a running gateway's settings.
 *
 * @param {string} url
 */
export async function problemsAt(url) {
  try {
    const response = await fetch(new URL("/readyz", url), { signal: AbortSignal.timeout(15_000) });
    return wrongSettings({ status: response.status, text: await response.text() });
  } catch (/** @type {any} */ error) {
    if (error instanceof Failure) throw error;
    const why = error.cause?.code ?? error.message;
    throw new Failure(`No response from ${url}: ${why}`, `${url} 没有响应：${why}`);
  }
}

/**
 * @param {{ status: number, text: string }} response of /readyz
 * @returns {SettingProblem[]}
 */
function wrongSettings({ status, text }) {
  const problem = parsed(text);
  if (status === 200 && problem?.status === "ready") return [];
  if (!problem?.messages) {
    throw new Failure(
      `This is not a gateway: it answered ${status}.`,
      `该地址不是网关：响应状态为 ${status}。`,
    );
  }
  return problem.settings ?? [{ field: problem.code, messages: problem.messages }];
}

/**
 * Throws if there are problems.
 *
 * @param {SettingProblem[]} problems
 */
export function mustBeComplete(problems) {
  if (problems.length === 0) return;
  throw new Failure(`The gateway would refuse to serve:\n${listed(problems)}`, "请改正以上各项设置。");
}

/** @param {SettingProblem[]} problems */
function listed(problems) {
  return problems
    .map(({ field, messages }) => `  ${field} ${messages.en}\n  ${" ".repeat(field.length)} ${messages.zh}`)
    .join("\n");
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
