/** The gateway's WebAssembly core as the Worker loads it, and the settings it decides by. */

import { guard } from "../pkg/core.js";
import * as glue from "../pkg/wasm/gateway/cloudauth_edge.js";
import module from "../pkg/wasm/gateway/cloudauth_edge_bg.wasm";

glue.initSync({ module });
export const core = guard(glue);

const texts = new WeakMap();

/** The Worker's variables and secrets that are settings of the gateway, as the core reads them. */
export function settingsOf(env) {
  let text = texts.get(env);
  if (text === undefined) {
    const named = Object.entries(env).filter(([name]) => /^(GATEWAY|CLOUDAUTH)_/.test(name));
    text = JSON.stringify(Object.fromEntries(named.map(([name, value]) => [name, written(value)])));
    texts.set(env, text);
  }
  return text;
}

/** `[vars]` may have numbers, booleans and, for the callers, a list. */
function written(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
