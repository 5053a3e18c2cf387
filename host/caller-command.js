/** The operator's commands for callers, shared by all hosts: their arguments, and what they print and write. */

import { writeFileSync } from "node:fs";
import { FIRST, deployedLists, edit, settingFor, withDefaults } from "./caller-list.js";
import { envSettings, saveSetting } from "./env-file.js";
import { Failure } from "./failure.js";

/**
 * @import { Caller, Core } from "./types.js"
 * @import { Changes, Credentials } from "./caller-list.js"
 * @import { Variables } from "./operator.js"
 *
 * @typedef {object} Output
 * @property {string} [to] a new file for what is handed to the caller
 * @property {string} [list] 2 for GATEWAY_CALLERS_2, and so on
 * @property {boolean} [save] writes the list into the file of settings
 *
 * @typedef {Changes & Output} CallerOptions
 *
 * @typedef {{ en: string, zh: string }} Place how this host calls the file of settings
 */

/**
 * The help of these commands.
 *
 * @param {Place} place
 */
export function callerUsage(place) {
  return `  caller list               callers, scopes, limits; no secret              列出调用方，不含密钥
  caller add <id>           a caller with a token and a key pair            添加调用方，生成令牌与 AccessKey
  caller change <id>        its scopes, limits or webhook                   修改权限、上限或 webhook
  caller rotate <id>        a further token and key pair, with --scopes
                            of their own; --finish removes the old ones     增加一组凭证；--finish 去除旧凭证
    --webhook-secret        a second webhook secret instead, in the same two
                            steps                                           同样分两步轮换 webhook 密钥
  caller revoke <id>        remove it, or with --key one token or key pair  删除调用方，或删除一项凭证
    --scopes create,read,read:material   --webhook <url>   --max-per-day <n>   --max-per-user-per-day <n>
    --list <n>     2 to 9: GATEWAY_CALLERS_2 and so on, for more callers than one setting holds
                   2 至 9：使用 GATEWAY_CALLERS_2 等设置，一个设置放不下全部调用方时使用
    --to <file>    write the secrets to a new file (mode 600); only the list is printed
                   将密钥写入新文件（权限 600），只打印调用方列表
    --save         ${`write the list into ${place.en}`.padEnd(57)}将列表写入 ${place.zh}
`;
}

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
 * @param {Place} place
 * @returns {{ setting: string, callers: string } | undefined} the setting to change, and its new value
 */
export function callerCommand(core, variables, [action, id = ""], { file, ...options }, place) {
  const lists = deployedLists(core, variables);
  if (action === "list") {
    console.log(table(lists));
    return undefined;
  }
  const piped = options.to !== undefined && !options.save;
  const setting = settingFor(lists, String(action), id, { list: options.list, piped });
  if (options.save && (file === undefined || variables[setting] !== envSettings(file)[setting]))
    throw new Failure(
      `--save needs ${place.en} to set ${setting}, and the environment to set no other value.`,
      `使用 --save 时，${setting} 应来自 ${place.zh}，且环境变量未设置不同的值。`,
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
      `The secrets of ${id} are in ${options.to}: hand it over securely.\n${id} 的凭证已写入 ${options.to}，请安全交付。`,
    );
  else if (credentials) say(shown(credentials));
  if (options.save && file !== undefined) saveSetting(file, setting, edited.callers);
  if (note) say(note);
  if (options.save)
    say(`${setting} is saved in ${file}; restart the gateway.\n已将 ${setting} 写入 ${file}，请重启网关。`);
  else if (!piped)
    say(
      `\nStore this as ${setting} and restart the gateway (a Worker: npx wrangler secret put ${setting}):\n请将下面一行设为 ${setting} 并重启网关（Worker：npx wrangler secret put ${setting}）：`,
    );
  if (!options.save) console.log(edited.callers);
  return edited;
}

/** @param {Map<string, Caller[]>} lists */
function table(lists) {
  const all = [...lists].flatMap(([setting, callers]) => callers.map((caller) => ({ setting, caller })));
  const lines = all.flatMap(({ setting, caller }) => {
    const { id, tokenSha256 = [], tokens = [], keyPairs = [] } = caller;
    const { scopes, webhookKeys } = withDefaults(caller);
    const { maxStartsPerDay, maxStartsPerUserPerDay, webhookUrl } = caller;
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
      ...(webhookKeys.length === 1
        ? []
        : [
            "  two webhook secrets, until rotate --webhook-secret --finish",
            "  有两个 webhook 密钥，执行 rotate --webhook-secret --finish 后只留新的",
          ]),
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
