// The used exports of the identity module; see client-exports.ts.

import * as glue from "../wasm/identity/cloudauth_edge.js";

/** See `src/wasm/identity.rs`. */
export const exports = {
  __wbg_reset_state: glue.__wbg_reset_state,
  checkCertName: glue.checkCertName,
  checkCertNo: glue.checkCertNo,
  checkMobile: glue.checkMobile,
};
