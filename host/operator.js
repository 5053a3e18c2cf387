/** The operator's commands for settings, shared by all hosts. */

import { settingsText } from "./core.js";
import { Failure } from "./failure.js";

/**
 * @import { Core, SettingProblem } from "./types.js"
 *
 * @typedef {Record<string, string | undefined>} Variables the deployed settings
 *
 * @typedef {object} Readiness
 * @property {SettingProblem[]} problems in the format of /readyz
 * @property {string | undefined} mode of a gateway whose verifications are simulated
 */

/** The header with the mode, in the responses of a gateway whose verifications are simulated. */
export const MODE = "cloudauth-gateway-mode";

/**
 * The problems of the settings, and the mode.
 *
 * @param {Core} core
 * @param {Variables} variables
 * @returns {Readiness}
 */
export function readinessOf(core, variables) {
  const request = { method: "GET", path: "/readyz", query: "", headers: [], host: "127.0.0.1", freshId: "" };
  const { then, headers = [] } = core.route(settingsText(variables), request);
  if (then.type !== "reply")
    throw new Error(`/readyz leads to "${then.type}": this is a bug of the gateway's core.`);
  const { reply } = then;
  const mode = headers.find(([name]) => name === MODE)?.[1];
  return { problems: wrongSettings({ status: reply.status, text: String(reply.body) }), mode };
}

/**
 * The problems of a running gateway's settings, and the mode.
 *
 * @param {string} url
 * @returns {Promise<Readiness>}
 */
export async function readinessAt(url) {
  try {
    const response = await fetch(new URL("/readyz", url), { signal: AbortSignal.timeout(15_000) });
    const problems = wrongSettings({ status: response.status, text: await response.text() });
    return { problems, mode: response.headers.get(MODE) ?? undefined };
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

/**
 * What `check` prints if there are none.
 *
 * @param {string | undefined} mode
 */
export function complete(mode) {
  const simulated =
    mode === undefined
      ? ""
      : `\nGATEWAY_MODE is ${mode}: verifications are simulated by a sandbox.\nGATEWAY_MODE 为 ${mode}：认证由沙箱模拟。`;
  return `The settings are complete.\n设置完整。${simulated}`;
}

/** @param {SettingProblem[]} problems */
export function listed(problems) {
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
