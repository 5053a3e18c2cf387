// What of the identity module is used, as in exports.js.

import {
  __wbg_reset_state,
  checkCertName,
  checkCertNo,
  checkMobile,
} from "./wasm/identity/cloudauth_edge.js";

export const exports = {
  __wbg_reset_state,
  checkCertName,
  checkCertNo,
  checkMobile,
};
