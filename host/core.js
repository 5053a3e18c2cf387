/** The gateway's WebAssembly core, with objects instead of JSON text. */

import { guard } from "../pkg/dist/core.js";
import * as glue from "../pkg/wasm/gateway/cloudauth_edge.js";

/** @import { Core, Message } from "./types.js" */

/**
 * A request in the module's format: JSON text, and the bytes of the body.
 *
 * @param {Message} request
 * @returns {[string, Uint8Array | undefined]}
 */
const parts = ({ body, ...request }) => [JSON.stringify(request), body];

/**
 * The module's functions, which `src/wasm/gateway.rs` describes.
 *
 * @param {WebAssembly.Module | BufferSource} module
 * @returns {Core}
 */
export function loadCore(module) {
  glue.initSync({ module });
  // Imported by name, so that a bundler omits unused glue.
  const exports = guard({
    __wbg_reset_state: glue.__wbg_reset_state,
    gatewayAlarm: glue.gatewayAlarm,
    gatewayCompareAlarm: glue.gatewayCompareAlarm,
    gatewayFailure: glue.gatewayFailure,
    gatewayKeySecret: glue.gatewayKeySecret,
    gatewayPendingDeliveries: glue.gatewayPendingDeliveries,
    gatewayPhoto: glue.gatewayPhoto,
    gatewayRoute: glue.gatewayRoute,
    gatewayStep: glue.gatewayStep,
    gatewayTurn: glue.gatewayTurn,
    gatewayWebhookSecret: glue.gatewayWebhookSecret,
  });
  return {
    route(settings, request) {
      return JSON.parse(exports.gatewayRoute(settings, ...parts(request), Date.now()));
    },

    /** `now` and `random` must be the same for all repetitions of one step. */
    step(settings, task, sendOutcome, rows, instance, { now, random, stopping }) {
      // The error that a failed call threw is not passed on: it may contain anything.
      const { kind, sentFor, status, headers, body } = sendOutcome ?? {};
      const { others = [], ...loaded } = rows;
      const known = JSON.stringify({
        sendOutcome: sendOutcome && { kind, sentFor, status, headers },
        rows: loaded,
        instance,
        others,
        stopping,
      });
      return JSON.parse(exports.gatewayStep(settings, task, known, body, random, now));
    },

    alarm: exports.gatewayAlarm,

    compareAlarm: exports.gatewayCompareAlarm,

    pendingDeliveries(now) {
      return JSON.parse(exports.gatewayPendingDeliveries(now));
    },

    turn(settings, freeAt, { yields, ofCaller }, now = Date.now()) {
      return JSON.parse(exports.gatewayTurn(settings, freeAt, yields, ofCaller, now));
    },

    failure(what, request, requestId) {
      return JSON.parse(exports.gatewayFailure(what, ...parts(request), requestId));
    },

    keySecret: exports.gatewayKeySecret,

    webhookSecret: exports.gatewayWebhookSecret,

    photo(status, contentType, request, requestId) {
      return JSON.parse(exports.gatewayPhoto(status, contentType, ...parts(request), requestId));
    },
  };
}

/** Names of settings; the core rejects unknown ones. */
export const IS_SETTING = /^(GATEWAY|CLOUDAUTH)_/;

/**
 * Converts settings to the core's format.
 *
 * @param {Record<string, unknown>} variables
 */
export function settingsText(variables) {
  const named = Object.entries(variables).filter(([name]) => IS_SETTING.test(name));
  return JSON.stringify(named.map(([name, value]) => [name, written(value)]));
}

/**
 * A variable as text: a Worker's `[vars]` can contain numbers, booleans and, for the callers, a list.
 *
 * @param {unknown} value
 */
function written(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
