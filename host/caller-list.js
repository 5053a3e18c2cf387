/** The lists of callers in GATEWAY_CALLERS, GATEWAY_CALLERS_2 and so on, and the changes that an operator makes to them. */

import { createHash, randomBytes } from "node:crypto";
import { Failure } from "./failure.js";
import { listed, readinessOf } from "./operator.js";

/**
 * @import { Caller, Core } from "./types.js"
 * @import { Variables } from "./operator.js"
 *
 * @typedef {object} Changes
 * @property {string} [scopes] such as create,read; of the caller, or with `rotate` of the new token and key pair alone
 * @property {string} [webhook] a URL; `none` removes it
 * @property {string} [max-per-day] a number; `none` removes it
 * @property {string} [max-per-user-per-day] a number; `none` removes it
 * @property {boolean} [finish]
 * @property {boolean} [webhook-secret] with `rotate`: the webhook's secret instead of token and key pair
 * @property {string} [key] an AccessKeyId, or the first characters of a token's hash
 *
 * @typedef {{ id: string, token?: string, accessKeyId?: string, accessKeySecret?: string, webhookSecret?: string }} Credentials
 *
 * @typedef {object} Edited
 * @property {string} setting its name, such as GATEWAY_CALLERS
 * @property {string} callers its new value
 * @property {Credentials} [credentials] shown once
 * @property {string} note
 */

export const FIRST = "GATEWAY_CALLERS";

/**
 * The setting whose list an action changes.
 *
 * @param {Map<string, Caller[]>} lists
 * @param {string} action
 * @param {string} id
 * @param {{ list: string | undefined, piped: boolean }} how `piped`: the output is the list alone, for another program
 */
export function settingFor(lists, action, id, { list, piped }) {
  const asked = list === undefined ? undefined : list === "1" ? FIRST : `${FIRST}_${list}`;
  const [found] = [...lists].find(([, callers]) => callers.some((caller) => caller.id === id)) ?? [];
  if (action === "add" && found)
    throw new Failure(
      `${found} already has a caller ${id}: rotate adds a token and a key pair, change changes it.`,
      `${found} 中已有调用方 ${id}：rotate 可增加凭证，change 可修改设置。`,
    );
  if (action === "add") return asked ?? FIRST;
  if (!found)
    throw new Failure(`GATEWAY_CALLERS has no caller ${id}.`, `GATEWAY_CALLERS 中没有调用方 ${id}。`);
  // Piped into GATEWAY_CALLERS, another list would replace the callers there.
  if (asked === undefined ? piped && found !== FIRST : asked !== found) {
    const number = found === FIRST ? "1" : found.slice(FIRST.length + 1);
    throw new Failure(
      `${id} is in ${found}: say --list ${number}, and put the output there.`,
      `${id} 在 ${found} 中：请加 --list ${number}，并将输出存入该设置项。`,
    );
  }
  return found;
}

/** What `src/gateway/settings/caller_lists.rs` assumes of a caller without these members. */
const DEFAULTS = { scopes: ["create", "read"], webhookKeys: [1] };

/** @param {Caller} caller */
export const withDefaults = (caller) => ({ ...DEFAULTS, ...caller });

/**
 * Changes a list; throws if the gateway would not accept the result.
 *
 * @param {Core} core
 * @param {Variables} variables
 * @param {{ setting: string, callers: Caller[] }} list
 * @param {string} action
 * @param {string} id
 * @param {Changes} options
 * @returns {Edited}
 */
export function edit(core, variables, { setting, callers }, action, id, options) {
  const known = callers.find((caller) => caller.id === id);
  let credentials;
  let note = "";
  if (action === "add") {
    /** @type {Caller} */
    const caller = { id, scopes: DEFAULTS.scopes };
    change(caller, options);
    credentials = issue(core, variables, caller);
    callers.push(caller);
    if (!variables[setting])
      note = `It contains this caller only, because ${setting} is not set here. Add the caller to the deployed list, if there is one.
此处未设置 ${setting}，因此结果只含该调用方；若线上已有该列表，请合并。`;
  } else if (!known) {
    throw new Error(`${setting} has no caller ${id}: this is a bug.`);
  } else if (action === "change") {
    change(known, options);
  } else if (action === "rotate" && options["webhook-secret"]) {
    const keys = withDefaults(known).webhookKeys;
    const newest = Math.max(...keys);
    if (options.finish) known.webhookKeys = [newest];
    // A second run shows the new secret again: the receiver may still have the old one alone.
    else if (keys.length === 1) known.webhookKeys = [newest, newest + 1];
    if (!options.finish) credentials = { id, webhookSecret: webhookSecret(core, variables, known) };
    note = options.finish
      ? `Deliveries to ${id} are signed with its newest secret only.\n发给 ${id} 的 webhook 只用最新密钥签名。`
      : `Deliveries to ${id} are signed with both secrets, until rotate --webhook-secret --finish.
在执行 rotate --webhook-secret --finish 之前，发给 ${id} 的 webhook 同时用两个密钥签名。`;
  } else if (action === "rotate" && options.finish) {
    finish(known);
    note = `Of ${id}, the newest token and key pair remain, and those with scopes of their own.
${id} 只保留最新的令牌与 AccessKey，以及单独设有 scopes 的令牌与 AccessKey。`;
  } else if (action === "rotate") {
    credentials = issue(
      core,
      variables,
      known,
      options.scopes === undefined ? undefined : scopesOf(options.scopes),
    );
  } else if (options.key === undefined) {
    callers.splice(callers.indexOf(known), 1);
    note = `${id} is removed. Its orders remain in its ledger, and only a caller with the same id can read them.
已删除 ${id}。其订单记录仍保留，只有同名调用方可以读取。`;
  } else {
    revoke(known, options.key);
  }
  const text = JSON.stringify(callers);
  const edited = { ...variables, [setting]: text };
  if (action === "revoke" && wrongIn(core, edited).some(({ rule }) => rule === "no-callers"))
    throw new Failure(
      `Nothing was changed: ${id} is the only caller, and a gateway needs at least one. To replace its token and key pair, use rotate ${id}, and then rotate ${id} --finish.`,
      `未做任何修改：${id} 是唯一的调用方，网关至少需要一个调用方。如需轮换其令牌与 AccessKey，请依次执行 rotate ${id} 和 rotate ${id} --finish。`,
    );
  mustBeAccepted(core, edited);
  return { setting, callers: text, note, ...(credentials && { credentials }) };
}

/**
 * @param {Caller} caller
 * @param {Changes} options
 */
function change(caller, options) {
  const { scopes, webhook, "max-per-day": perDay, "max-per-user-per-day": perUser } = options;
  if (scopes !== undefined) caller.scopes = scopesOf(scopes);
  for (const [name, text, value] of /** @type {const} */ ([
    ["webhookUrl", webhook, webhook],
    ["maxStartsPerDay", perDay, Number(perDay)],
    ["maxStartsPerUserPerDay", perUser, Number(perUser)],
  ])) {
    if (text === undefined) continue;
    if (text === "none") delete caller[name];
    else if (name !== "webhookUrl" && !/^\d{1,9}$/.test(text))
      throw new Failure("A limit must be a number or none.", "上限应为数字或 none。");
    else Object.assign(caller, { [name]: value });
  }
}

const scopesOf = (/** @type {string} */ text) => text.split(",").map((scope) => scope.trim());

/**
 * A token and a key pair for the caller; with `scopes`, they have these instead of the caller's.
 *
 * @param {Core} core
 * @param {Variables} variables
 * @param {Caller} caller
 * @param {string[]} [scopes]
 * @returns {Credentials}
 */
function issue(core, variables, caller, scopes) {
  const secret = masterSecret(variables);
  const { id } = caller;
  const token = randomBytes(32).toString("base64url");
  const accessKeyId = `gwk-${id.slice(0, 40)}-${randomBytes(6).toString("hex")}`;
  const sha256 = createHash("sha256").update(token).digest("hex");
  const { tokenSha256 = [], tokens = [] } = caller;
  if (scopes) caller.tokens = [...tokens, { sha256, scopes }];
  else {
    // The order of a single list shows `finish` which token is the newest.
    const shared = tokens.filter((other) => !other.scopes);
    caller.tokenSha256 = [...tokenSha256, ...shared.map((other) => other.sha256), sha256];
    if (shared.length > 0) caller.tokens = tokens.filter((other) => other.scopes);
  }
  caller.keyPairs = [...(caller.keyPairs ?? []), { accessKeyId, ...(scopes && { scopes }) }];
  return {
    id,
    token,
    accessKeyId,
    accessKeySecret: core.keySecret(secret, accessKeyId),
    // It signs deliveries, which a reader with fewer permissions must not be able to do.
    ...(!scopes && { webhookSecret: webhookSecret(core, variables, caller) }),
  };
}

/**
 * The newest secret of the caller's webhook deliveries.
 *
 * @param {Core} core
 * @param {Variables} variables
 * @param {Caller} caller
 */
const webhookSecret = (core, variables, caller) =>
  core.webhookSecret(masterSecret(variables), caller.id, Math.max(...withDefaults(caller).webhookKeys));

/** @param {Variables} variables */
function masterSecret({ GATEWAY_SECRET: secret }) {
  if (secret) return secret;
  throw new Failure(
    "GATEWAY_SECRET is not set; secrets of key pairs and webhooks are derived from it. Set it to the deployment's value.",
    "未设置 GATEWAY_SECRET；网关签发的 AccessKeySecret 与 webhook 密钥由它派生，请设为与部署环境相同的值。",
  );
}

/**
 * Removes all but the newest token and key pair. Those with their own scopes belong to another user, whom a rotation
 * must not lock out.
 *
 * @param {Caller} caller
 */
function finish(caller) {
  const { id, tokenSha256, tokens, keyPairs } = caller;
  if (tokenSha256?.length && tokens?.some(({ scopes }) => !scopes))
    throw new Failure(
      `${id} has tokens in both tokenSha256 and tokens, which do not show the newest: remove the old ones with revoke ${id} --key.`,
      `${id} 的 tokenSha256 与 tokens 中都有令牌，无法判断哪个最新：请用 revoke ${id} --key 逐个删除旧令牌。`,
    );
  /**
   * @template {{ scopes?: string[] }} T
   * @param {T[] | undefined} list
   */
  const finished = (list) => {
    const newest = list?.findLast(({ scopes }) => !scopes);
    return list?.filter((entry) => entry.scopes || entry === newest);
  };
  caller.tokenSha256 = tokenSha256?.slice(-1);
  caller.tokens = finished(tokens);
  caller.keyPairs = finished(keyPairs);
}

/** The fewest characters that identify a token by its hash. */
const HASH_MIN = 8;

/**
 * Removes the one token or key pair of that name.
 *
 * @param {Caller} caller
 * @param {string} named
 */
function revoke(caller, named) {
  // With which `list` shortens a hash.
  const key = named.replace(/…$/, "");
  const isHash = (/** @type {string} */ hash) =>
    key.length >= HASH_MIN && hash.toLowerCase().startsWith(key.toLowerCase());
  const { tokenSha256 = [], tokens = [], keyPairs = [] } = caller;
  const rest = {
    tokenSha256: tokenSha256.filter((hash) => !isHash(hash)),
    tokens: tokens.filter(({ sha256 }) => !isHash(sha256)),
    keyPairs: keyPairs.filter(({ accessKeyId }) => accessKeyId !== key),
  };
  const count = (/** @type {{ length: number }[]} */ lists) =>
    lists.reduce((sum, { length }) => sum + length, 0);
  const removed = count([tokenSha256, tokens, keyPairs]) - count(Object.values(rest));
  if (removed !== 1)
    throw new Failure(
      `${caller.id} has ${removed === 0 ? "no" : "more than one"} token or key pair ${key}: name an AccessKeyId, or at least ${HASH_MIN} characters of a token's hash, as list shows them.`,
      `${caller.id} ${removed === 0 ? "没有" : "有多个"}名为 ${key} 的凭证：请填写 list 列出的 AccessKeyId，或令牌哈希的前 ${HASH_MIN} 位以上。`,
    );
  Object.assign(caller, rest);
}

/**
 * The lists by their settings, if the deployment would accept them. The secrets of other callers may be missing here.
 *
 * @param {Core} core
 * @param {Variables} variables
 * @returns {Map<string, Caller[]>}
 */
export function deployedLists(core, variables) {
  mustBeAccepted(core, variables);
  const set = Object.entries(variables).filter(([name, value]) => isList(name) && value);
  return new Map(set.sort().map(([name, value]) => [name, JSON.parse(String(value))]));
}

const isList = (/** @type {string} */ name) => name === FIRST || name.startsWith(`${FIRST}_`);

/**
 * Why the gateway would not accept the lists.
 *
 * @param {Core} core
 * @param {Variables} variables
 */
const wrongIn = (core, variables) =>
  readinessOf(core, variables).problems.filter(
    ({ field, rule }) =>
      (field === "GATEWAY_SECRET" && rule !== "missing") ||
      (isList(field) && !["missing", "secret-setting"].includes(rule ?? "")),
  );

/**
 * @param {Core} core
 * @param {Variables} variables
 */
function mustBeAccepted(core, variables) {
  const wrong = wrongIn(core, variables);
  if (wrong.length > 0) throw new Failure(`Nothing was changed:\n${listed(wrong)}`, "未做任何修改。");
}
