// The used exports of the identity module, as in exports.js.

import * as glue from "./wasm/identity/cloudauth_edge.js";

export const exports = {
  __wbg_reset_state: glue.__wbg_reset_state,
  checkCertName: glue.checkCertName,
  checkCertNo: glue.checkCertNo,
  checkMobile: glue.checkMobile,
};
