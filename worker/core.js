/** The gateway's core as the Worker loads it, and what it decides by. */

import module from "../pkg/wasm/gateway/cloudauth_edge_bg.wasm";
import { loadCore, settingsText } from "../host/core.js";
import openapi from "./openapi.json";

export const core = loadCore(module);

/** Files outside of the module. */
export const files = { "openapi.json": openapi };

const texts = new WeakMap();

/** The Worker's variables and secrets that are settings of the gateway, as the core reads them. */
export function settingsOf(env) {
  let text = texts.get(env);
  if (text === undefined) {
    text = settingsText(env);
    texts.set(env, text);
  }
  return text;
}
