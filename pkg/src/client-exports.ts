// The used exports of the client's module. Imported by name, so that bundlers omit the glue's own loading code.

import * as glue from "../wasm/client/cloudauth_edge.js";

/** See `src/wasm/client.rs`. */
export const exports = {
  __wbg_reset_state: glue.__wbg_reset_state,
  checkOptions: glue.checkOptions,
  newOuterOrderNo: glue.newOuterOrderNo,
  parseCallback: glue.parseCallback,
  nextQuery: glue.nextQuery,
  orderOf: glue.orderOf,
  knownOrder: glue.knownOrder,
  orderFailed: glue.orderFailed,
  endUnsent: glue.endUnsent,
  prepareAttempt: glue.prepareAttempt,
  readAnswer: glue.readAnswer,
  settleAttempt: glue.settleAttempt,
};

export type ClientExports = Omit<typeof exports, "__wbg_reset_state">;
