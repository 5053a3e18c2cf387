/** Files of settings, in the format of .env. */

import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { Failure } from "./failure.js";
import { giveOwnerOf } from "./owner.js";

/**
 * The file's text, without the byte order mark that Windows programs write: it would become a part of the first name.
 * Throws if it is not UTF-8.
 *
 * @param {string} path
 */
const envText = (path) => new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));

/**
 * The settings in the file.
 *
 * @param {string} path
 */
export const envSettings = (path) => parseEnv(envText(path));

/** An assignment: its name, its value if that has quotes, and the rest of its last line. */
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([\w.]+)[ \t]*=[ \t]*(?:(["'`])[^]*?\2)?(.*)$/gm;

/**
 * The settings with an unquoted # in or behind the value. Here and for Node it begins a comment; for systemd and Docker it
 * is a part of the value.
 *
 * @param {string} path
 */
export const commented = (path) =>
  [...envText(path).matchAll(ASSIGNMENT)]
    .filter(([, , , rest]) => rest?.includes("#"))
    .map(([, name]) => String(name));

/**
 * JSON as a value in a file of settings. Without quotes where every reader agrees on the value, because docker and
 * kubectl take quotes as a part of it.
 *
 * @param {string} json
 */
const quoted = (json) => (/[#'\\$`\s]/.test(json) ? `'${json.replaceAll("'", "\\u0027")}'` : json);

/**
 * Puts a setting's JSON into the file, at once or not at all.
 *
 * @param {string} file
 * @param {string} setting
 * @param {string} json
 */
export function saveSetting(file, setting, json) {
  const before = envText(file);
  const line = `${setting}=${quoted(json)}`;
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
    JSON.stringify(JSON.parse(parseEnv(after)[setting] ?? "null")) === json;
  if (!isRight)
    throw new Failure(
      `${setting} in ${file} does not stand on one line of its own, so the file was not changed: put the value below there.\n${json}`,
      `${file} 中的 ${setting} 不是单独一行，文件未修改：请手工填入以上内容。`,
    );
  // A link remains, and the file that it names is replaced.
  const real = realpathSync(file);
  const next = `${real}.new`;
  try {
    writeFileSync(next, after, { flag: "wx", mode: statSync(real).mode & 0o777 });
  } catch (/** @type {any} */ error) {
    throw notReplaced(file, next, error, json);
  }
  try {
    giveOwnerOf(next, real);
    renameSync(next, real);
  } catch (error) {
    rmSync(next, { force: true });
    throw notReplaced(file, next, error, json);
  }
}

/**
 * @param {string} file
 * @param {string} next
 * @param {any} error
 * @param {string} json
 */
const notReplaced = (file, next, error, json) =>
  new Failure(
    `${file} cannot be replaced by ${next} (${error.code}), so it was not changed: put the value below there.${error.code === "EEXIST" ? ` Delete ${next}, which an interrupted command left.` : ""}\n${json}`,
    `无法用 ${next} 替换 ${file}（${error.code}），文件未修改：请手工填入以上内容。${error.code === "EEXIST" ? `${next} 是先前中断的命令留下的，请删除。` : ""}`,
  );
