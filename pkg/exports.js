// What of the client's module is used. By name, so that bundlers leave out how the glue would load it elsewhere.

import {
  __wbg_reset_state,
  checkOptions,
  newOuterOrderNo,
  parseCallback,
  pollDelay,
  prepareAttempt,
  readAnswer,
  settleAttempt,
} from "./wasm/client/cloudauth_edge.js";

export const exports = {
  __wbg_reset_state,
  checkOptions,
  newOuterOrderNo,
  parseCallback,
  pollDelay,
  prepareAttempt,
  readAnswer,
  settleAttempt,
};
