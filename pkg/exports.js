// What of the client's module is used. By name, so that bundlers leave out how the glue would load it elsewhere.

import * as glue from "./wasm/client/cloudauth_edge.js";

export const exports = {
  __wbg_reset_state: glue.__wbg_reset_state,
  checkOptions: glue.checkOptions,
  newOuterOrderNo: glue.newOuterOrderNo,
  parseCallback: glue.parseCallback,
  pollDelay: glue.pollDelay,
  endUnsent: glue.endUnsent,
  prepareAttempt: glue.prepareAttempt,
  readAnswer: glue.readAnswer,
  settleAttempt: glue.settleAttempt,
};
