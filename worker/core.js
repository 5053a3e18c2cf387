/** The gateway's WebAssembly core as the Worker loads it, and what it decides by. */

import { guard } from "../pkg/core.js";
import * as glue from "../pkg/wasm/gateway/cloudauth_edge.js";
import module from "../pkg/wasm/gateway/cloudauth_edge_bg.wasm";
import openapi from "./openapi.json";

glue.initSync({ module });
// By name, so that what loads the module elsewhere is left out.
const exports = guard({
  __wbg_reset_state: glue.__wbg_reset_state,
  gatewayAlarm: glue.gatewayAlarm,
  gatewayFailure: glue.gatewayFailure,
  gatewayPhoto: glue.gatewayPhoto,
  gatewayRoute: glue.gatewayRoute,
  gatewayStep: glue.gatewayStep,
  gatewayTurn: glue.gatewayTurn,
  gatewayWake: glue.gatewayWake,
});

/** A request as the module takes it: JSON text, and the body's bytes. */
const parts = ({ body, ...request }) => [JSON.stringify(request), body];

/** The module's functions, which `src/wasm/gateway.rs` describes, with objects in place of JSON text. */
export const core = {
  route(settings, request) {
    return JSON.parse(exports.gatewayRoute(settings, ...parts(request), Date.now()));
  },

  /** `now` and `random` are the same for all asks of one act. */
  step(settings, task, happened, rows, instance, { now, random }) {
    const { body, ...told } = happened ?? {};
    const known = JSON.stringify({ happened: happened && told, rows, instance });
    return JSON.parse(exports.gatewayStep(settings, task, known, body, random, now));
  },

  alarm: exports.gatewayAlarm,

  wake: exports.gatewayWake,

  turn(settings, freeAt) {
    return JSON.parse(exports.gatewayTurn(settings, freeAt, Date.now()));
  },

  failure(what, request, requestId) {
    return JSON.parse(exports.gatewayFailure(what, ...parts(request), requestId));
  },

  photo(status, contentType, request, requestId) {
    return JSON.parse(exports.gatewayPhoto(status, contentType, ...parts(request), requestId));
  },
};

/** What stands in files beside the module, and is an answer's body where the answer names it. */
export const files = { "openapi.json": openapi };

const texts = new WeakMap();

/** The Worker's variables and secrets that are settings of the gateway, as the core reads them. */
export function settingsOf(env) {
  let text = texts.get(env);
  if (text === undefined) {
    const named = Object.entries(env).filter(([name]) => /^(GATEWAY|CLOUDAUTH)_/.test(name));
    text = JSON.stringify(named.map(([name, value]) => [name, written(value)]));
    texts.set(env, text);
  }
  return text;
}

/** `[vars]` may have numbers, booleans and, for the callers, a list. */
function written(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
