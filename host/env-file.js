/** Files of settings, in the format of .env. */

import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/**
 * The file's text, without the byte order mark that Windows programs write: it would become a part of the first name.
 * Throws if it is not UTF-8.
 *
 * @param {string} path
 */
export const envText = (path) => new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));

/**
 * The settings in the file.
 *
 * @param {string} path
 */
export const envSettings = (path) => parseEnv(envText(path));
