/** The operator's commands for callers, which edit the value of GATEWAY_CALLERS or of GATEWAY_CALLERS_2 and so on; shared by all hosts. */

import { createHash, randomBytes } from "node:crypto";
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import * as glue from "../pkg/wasm/gateway/cloudauth_edge.js";
import { envSettings, envText } from "./env-file.js";
import { Failure } from "./failure.js";
import { listed, readinessOf } from "./operator.js";
import { giveOwnerOf } from "./owner.js";

/**
 * @import { Caller, Core } from "./types.js"
 * @import { Variables } from "./operator.js"
 *
 * @typedef {object} CallerOptions
 * @property {string} [scopes] such as create,read; of the caller, or with `rotate` of the new token and key pair alone
 * @property {string} [webhook] a URL; `none` removes it
 * @property {string} [max-per-day] a number; `none` removes it
 * @property {string} [max-per-user-per-day] a number; `none` removes it
 * @property {boolean} [finish]
 * @property {boolean} [webhook-secret] with `rotate`: the webhook's secret instead of token and key pair
 * @property {string} [key] an AccessKeyId, or the first characters of a token's hash
 * @property {string} [to] a new file for what is handed to the caller
 * @property {string} [list] 2 for GATEWAY_CALLERS_2, and so on
 * @property {boolean} [save] writes the list into the file of settings
 *
 * @typedef {{ id: string, token?: string, accessKeyId?: string, accessKeySecret?: string, webhookSecret?: string }} Credentials
 *
 * @typedef {object} Edited
 * @property {string} setting its name, such as GATEWAY_CALLERS
 * @property {string} callers its new value
 * @property {Credentials} [credentials] shown once
 * @property {string} note
 */

export const CALLER_USAGE = `  caller list               callers, scopes, limits; no secret              列出调用方，不含密钥
  caller add <id>           a caller with a token and a key pair            添加调用方，生成令牌与密钥对
  caller change <id>        its scopes, limits or webhook                   修改权限、上限或 webhook
  caller rotate <id>        a further token and key pair, with --scopes
                            of their own; --finish removes the old ones     增加一组凭证；--finish 去除旧凭证
    --webhook-secret        a second webhook secret instead, in the same two
                            steps                                           同样分两步更换 webhook 密钥
  caller revoke <id>        remove it, or with --key one token or key pair  删除调用方，或删除一项凭证
    --scopes create,read,read:material   --webhook <url>   --max-per-day <n>   --max-per-user-per-day <n>
    --list <n>     2 to 9: GATEWAY_CALLERS_2 and so on, for more callers than one setting holds
    --to <file>    write the secrets to a new file (mode 600); only the list is printed
    --save         write the list into the file of --settings
`;

/** @satisfies {import("node:util").ParseArgsOptionsConfig} */
export const CALLER_OPTIONS = {
  finish: { type: "boolean" },
  key: { type: "string" },
  list: { type: "string" },
  "max-per-day": { type: "string" },
  "max-per-user-per-day": { type: "string" },
  save: { type: "boolean" },
  scopes: { type: "string" },
  to: { type: "string" },
  webhook: { type: "string" },
  "webhook-secret": { type: "boolean" },
};

const SETTINGS = /** @type {const} */ (["scopes", "webhook", "max-per-day", "max-per-user-per-day"]);

/**
 * The actions: whether they need the caller's id, and their options.
 *
 * @type {Record<string, { needsId: boolean, options: string[] }>}
 */
const ACTIONS = {
  list: { needsId: false, options: [] },
  add: { needsId: true, options: [...SETTINGS, "list", "to", "save"] },
  change: { needsId: true, options: [...SETTINGS, "list", "save"] },
  rotate: { needsId: true, options: ["scopes", "finish", "webhook-secret", "list", "to", "save"] },
  revoke: { needsId: true, options: ["key", "list", "save"] },
};

/**
 * Whether the arguments after `caller` are complete.
 *
 * @param {string[]} args
 * @param {object} options
 */
export function areCallerArguments([action = "", ...rest], options) {
  const known = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  return (
    known !== undefined &&
    rest.length === (known.needsId ? 1 : 0) &&
    Object.keys(options).every((option) => known.options.includes(option)) &&
    // `rotate --finish` issues nothing.
    !("finish" in options && ("scopes" in options || "to" in options)) &&
    !("webhook-secret" in options && "scopes" in options)
  );
}

/**
 * Performs an action and prints its result.
 *
 * @param {Core} core
 * @param {Variables} variables the deployed settings
 * @param {string[]} args the action and the caller's id
 * @param {CallerOptions & { file?: string | undefined }} options `file` is that of the settings
 * @returns {{ setting: string, callers: string } | undefined} the setting to change, and its new value
 */
export function callerCommand(core, variables, [action, id = ""], { file, ...options }) {
  const lists = deployedLists(core, variables);
  if (action === "list") {
    console.log(table(lists));
    return undefined;
  }
  const piped = options.to !== undefined && !options.save;
  const setting = settingFor(lists, String(action), id, { list: options.list, piped });
  if (options.save && (file === undefined || variables[setting] !== envSettings(file)[setting]))
    throw new Failure(
      `--save needs --settings with the file that ${setting} comes from; the environment sets another value.`,
      `--save 需要用 --settings 指定 ${setting} 所在的文件；当前环境变量设置了不同的值。`,
    );
  const edited = edit(
    core,
    variables,
    { setting, callers: lists.get(setting) ?? [] },
    String(action),
    id,
    options,
  );
  const { credentials, note } = edited;
  if (options.to !== undefined && credentials) writeOnce(options.to, credentials);
  const say = piped ? console.error : console.log;
  // Also shown if the list cannot be saved: the error then contains the list that accepts them.
  if (credentials && options.to !== undefined)
    say(
      `The secrets of ${id} are in ${options.to}: hand it over securely.\n${id} 的密钥已写入 ${options.to}，请安全交付。`,
    );
  else if (credentials) say(shown(credentials));
  if (options.save && file !== undefined) save(file, edited);
  if (note) say(note);
  if (options.save) say(`${setting} is saved in ${file}; restart the gateway.\n已写入 ${file}，请重启网关。`);
  else if (!piped)
    say(
      `\nStore this as ${setting} and restart the gateway (a Worker: npx wrangler secret put ${setting}):\n请将下面一行设为 ${setting} 并重启网关：`,
    );
  if (!options.save) console.log(edited.callers);
  return edited;
}

const FIRST = "GATEWAY_CALLERS";

/**
 * The setting whose list an action changes.
 *
 * @param {Map<string, Caller[]>} lists
 * @param {string} action
 * @param {string} id
 * @param {{ list: string | undefined, piped: boolean }} how `piped`: the output is the list alone, for another program
 */
function settingFor(lists, action, id, { list, piped }) {
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

/**
 * @param {Core} core
 * @param {Variables} variables
 * @param {{ setting: string, callers: Caller[] }} list
 * @param {string} action
 * @param {string} id
 * @param {CallerOptions} options
 * @returns {Edited}
 */
function edit(core, variables, { setting, callers }, action, id, options) {
  const known = callers.find((caller) => caller.id === id);
  let credentials;
  let note = "";
  if (action === "add") {
    /** @type {Caller} */
    const caller = { id, scopes: ["create", "read"] };
    change(caller, options);
    credentials = issue(variables, caller);
    callers.push(caller);
    if (!variables[setting])
      note = `It contains this caller only, because ${setting} is not set here. Add the caller to the deployed list, if there is one.
此处未设置 ${setting}，因此结果只含该调用方；若线上已有该列表，请合并。`;
  } else if (!known) {
    throw new Error(`${setting} has no caller ${id}: this is a bug.`);
  } else if (action === "change") {
    change(known, options);
  } else if (action === "rotate" && options["webhook-secret"]) {
    const keys = known.webhookKeys ?? [1];
    const newest = Math.max(...keys);
    if (options.finish) known.webhookKeys = [newest];
    // A second run shows the new secret again: the receiver may still have the old one alone.
    else if (keys.length === 1) known.webhookKeys = [newest, newest + 1];
    if (!options.finish) credentials = { id, webhookSecret: webhookSecret(variables, known) };
    note = options.finish
      ? `Deliveries to ${id} are signed with its newest secret only.\n发给 ${id} 的 webhook 只用最新密钥签名。`
      : `Deliveries to ${id} are signed with both secrets, until rotate --webhook-secret --finish.
在执行 rotate --webhook-secret --finish 之前，发给 ${id} 的 webhook 同时用两个密钥签名。`;
  } else if (action === "rotate" && options.finish) {
    finish(known);
    note = `Of ${id}, the newest token and key pair remain, and those with scopes of their own.
${id} 只保留最新的令牌与密钥对，以及单独设有 scopes 的令牌与密钥对。`;
  } else if (action === "rotate") {
    credentials = issue(
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
  mustBeAccepted(core, { ...variables, [setting]: text });
  return { setting, callers: text, note, ...(credentials && { credentials }) };
}

/**
 * @param {Caller} caller
 * @param {CallerOptions} options
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
 * @param {Variables} variables
 * @param {Caller} caller
 * @param {string[]} [scopes]
 * @returns {Credentials}
 */
function issue(variables, caller, scopes) {
  const secret = masterSecret(variables);
  const { id } = caller;
  const token = randomBytes(32).toString("base64url");
  const accessKeyId = `gwk-${id.slice(0, 40)}-${randomBytes(6).toString("hex")}`;
  const sha256 = createHash("sha256").update(token).digest("hex");
  if (scopes) caller.tokens = [...(caller.tokens ?? []), { sha256, scopes }];
  else caller.tokenSha256 = [...(caller.tokenSha256 ?? []), sha256];
  caller.keyPairs = [...(caller.keyPairs ?? []), { accessKeyId, ...(scopes && { scopes }) }];
  return {
    id,
    token,
    accessKeyId,
    accessKeySecret: glue.gatewayKeySecret(secret, accessKeyId),
    // It signs deliveries, which a reader with fewer permissions must not be able to do.
    ...(!scopes && { webhookSecret: webhookSecret(variables, caller) }),
  };
}

/**
 * The newest secret of the caller's webhook deliveries.
 *
 * @param {Variables} variables
 * @param {Caller} caller
 */
const webhookSecret = (variables, { id, webhookKeys = [1] }) =>
  glue.gatewayWebhookSecret(masterSecret(variables), id, Math.max(...webhookKeys));

/** @param {Variables} variables */
function masterSecret({ GATEWAY_SECRET: secret }) {
  if (secret) return secret;
  throw new Failure(
    "GATEWAY_SECRET is not set; secrets of key pairs and webhooks are derived from it. Set it to the deployment's value.",
    "未设置 GATEWAY_SECRET；密钥对与 webhook 的密钥由它派生，请设为与部署环境相同的值。",
  );
}

/**
 * Removes all but the newest token and key pair. Those with their own scopes belong to another user, whom a rotation
 * must not lock out.
 *
 * @param {Caller} caller
 */
function finish(caller) {
  const newest = caller.tokenSha256?.slice(-1);
  /**
   * @template {{ scopes?: string[] }} T
   * @param {T[] | undefined} list
   * @param {boolean} keepsNewest
   */
  const finished = (list, keepsNewest) => {
    const shared = list?.filter(({ scopes }) => !scopes);
    return list?.filter((entry) => entry.scopes || (keepsNewest && entry === shared?.at(-1)));
  };
  caller.tokenSha256 = newest;
  caller.tokens = finished(caller.tokens, !newest?.length);
  caller.keyPairs = finished(caller.keyPairs, true);
}

/** The fewest characters that identify a token by its hash. */
const HASH_MIN = 8;

/**
 * Removes the one token or key pair of that name.
 *
 * @param {Caller} caller
 * @param {string} key
 */
function revoke(caller, key) {
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

/** @param {Map<string, Caller[]>} lists */
function table(lists) {
  const all = [...lists].flatMap(([setting, callers]) => callers.map((caller) => ({ setting, caller })));
  const lines = all.flatMap(({ setting, caller }) => {
    const { id, scopes = ["create", "read"], tokenSha256 = [], tokens = [], keyPairs = [] } = caller;
    const { maxStartsPerDay, maxStartsPerUserPerDay, webhookUrl, webhookKeys = [1] } = caller;
    const own = (/** @type {string[] | undefined} */ of) => (of ? `   scopes ${of.join(",")}` : "");
    return [
      `${id}   scopes ${scopes.join(",")}${setting === FIRST ? "" : `   in ${setting}`}`,
      ...tokenSha256.map((hash) => `  token ${hash.slice(0, 12)}…`),
      ...tokens.map((token) => `  token ${token.sha256.slice(0, 12)}…${own(token.scopes)}`),
      ...keyPairs.map((pair) => `  key pair ${pair.accessKeyId}${own(pair.scopes)}`),
      ...(maxStartsPerDay === undefined ? [] : [`  at most ${maxStartsPerDay} starts a day`]),
      ...(maxStartsPerUserPerDay === undefined
        ? []
        : [`  at most ${maxStartsPerUserPerDay} starts a day and UserId`]),
      // A URL can contain a secret.
      ...(webhookUrl === undefined ? [] : [`  webhook ${new URL(webhookUrl).origin}`]),
      ...(webhookKeys.length === 1 ? [] : ["  two webhook secrets, until rotate --webhook-secret --finish"]),
    ];
  });
  return lines.length > 0 ? lines.join("\n") : "GATEWAY_CALLERS is not set.\n未设置 GATEWAY_CALLERS。";
}

/** @param {Credentials} credentials */
function shown({ id, token, accessKeyId, accessKeySecret, webhookSecret }) {
  const lines = [
    ["bearer token    ", token],
    ["AccessKeyId     ", accessKeyId],
    ["AccessKeySecret ", accessKeySecret],
    ["webhook secret  ", webhookSecret],
  ].filter(([, value]) => value !== undefined);
  return `Shown once; hand them to ${id} over a secure channel:
仅显示一次，请通过安全渠道交给 ${id}：
${lines.map(([name, value]) => `  ${name} ${value}`).join("\n")}`;
}

/**
 * The lists by their settings, if the deployment would accept them. The secrets of other callers may be missing here.
 *
 * @param {Core} core
 * @param {Variables} variables
 * @returns {Map<string, Caller[]>}
 */
function deployedLists(core, variables) {
  mustBeAccepted(core, variables);
  const set = Object.entries(variables).filter(([name, value]) => isList(name) && value);
  return new Map(set.sort().map(([name, value]) => [name, JSON.parse(String(value))]));
}

const isList = (/** @type {string} */ name) => name === FIRST || name.startsWith(`${FIRST}_`);

/**
 * @param {Core} core
 * @param {Variables} variables
 */
function mustBeAccepted(core, variables) {
  const wrong = readinessOf(core, variables).problems.filter(
    ({ field, rule }) =>
      (field === "GATEWAY_SECRET" && rule !== "missing") ||
      (isList(field) && !["missing", "secret-setting"].includes(rule ?? "")),
  );
  if (wrong.length > 0) throw new Failure(`Nothing was changed:\n${listed(wrong)}`, "未做任何修改。");
}

/**
 * @param {string} path
 * @param {Credentials} credentials
 */
function writeOnce(path, credentials) {
  try {
    writeFileSync(path, `${JSON.stringify(credentials, null, 2)}\n`, { flag: "wx", mode: 0o600 });
  } catch (/** @type {any} */ error) {
    throw new Failure(
      `${path} cannot be created (${error.code}). Nothing was changed; name a new file.`,
      `无法创建 ${path}（${error.code}）。未做任何修改，请指定一个不存在的文件。`,
    );
  }
}

/**
 * JSON as a value in a file of settings. Without quotes where every reader agrees on the value, because docker and
 * kubectl take quotes as a part of it.
 *
 * @param {string} json
 */
const quoted = (json) => (/[#'\\$`\s]/.test(json) ? `'${json.replaceAll("'", "\\u0027")}'` : json);

/**
 * Puts the value into the file of settings, at once or not at all.
 *
 * @param {string} file
 * @param {{ setting: string, callers: string }} edited
 */
function save(file, { setting, callers }) {
  const before = envText(file);
  const line = `${setting}=${quoted(callers)}`;
  const assignment = new RegExp(`^[ \\t]*(?:export[ \\t]+)?${setting}[ \\t]*=.*$`, "m");
  const found = assignment.exec(before)?.[0];
  const after = found
    ? before.replace(assignment, () => line)
    : `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}${line}\n`;
  const others = (/** @type {string} */ text) => {
    const { [setting]: _, ...rest } = parseEnv(text);
    return JSON.stringify(rest);
  };
  const isRight =
    // The value can go on in the next line, or the name can be assigned again further down.
    parseEnv(found ?? "")[setting] === parseEnv(before)[setting] &&
    others(after) === others(before) &&
    JSON.stringify(JSON.parse(parseEnv(after)[setting] ?? "null")) === callers;
  if (!isRight)
    throw new Failure(
      `${setting} in ${file} does not stand on one line of its own, so the file was not changed: put the value below there.\n${callers}`,
      `${file} 中的 ${setting} 不是单独一行，文件未修改：请手工填入以上内容。`,
    );
  // A link remains, and the file that it names is replaced.
  const real = realpathSync(file);
  const next = `${real}.new`;
  try {
    writeFileSync(next, after, { flag: "wx", mode: statSync(real).mode & 0o777 });
  } catch (/** @type {any} */ error) {
    throw notReplaced(file, next, error, callers);
  }
  try {
    giveOwnerOf(next, real);
    renameSync(next, real);
  } catch (error) {
    rmSync(next, { force: true });
    throw notReplaced(file, next, error, callers);
  }
}

/**
 * @param {string} file
 * @param {string} next
 * @param {any} error
 * @param {string} callers
 */
const notReplaced = (file, next, error, callers) =>
  new Failure(
    `${file} cannot be replaced by ${next} (${error.code}), so it was not changed: put the value below there.${error.code === "EEXIST" ? ` Delete ${next}, which an interrupted command left.` : ""}\n${callers}`,
    `无法用 ${next} 替换 ${file}（${error.code}），文件未修改：请手工填入以上内容。${error.code === "EEXIST" ? `${next} 是先前中断的命令留下的，请删除。` : ""}`,
  );
