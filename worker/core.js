/** The gateway's core in the Worker, and its inputs. */

import module from "../pkg/wasm/gateway/cloudauth_edge_bg.wasm";
import { loadCore, settingsText } from "../host/core.js";
import openapi from "./openapi.json";

export const core = loadCore(module);

/** Files outside of the module. */
export const files = { "openapi.json": openapi };

/** @type {WeakMap<object, string>} */
const texts = new WeakMap();

/**
 * The gateway's settings from the Worker's variables and secrets, in the core's format.
 *
 * @param {object} env
 */
export function settingsOf(env) {
  let text = texts.get(env);
  if (text === undefined) {
    text = settingsText({ ...env });
    texts.set(env, text);
  }
  return text;
}
