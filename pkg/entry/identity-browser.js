import { guard } from "../core.js";
import { exports } from "../identity-exports.js";
import { defineIdentity } from "../identity.js";
import { loadOnce } from "../load.js";
import base64 from "../wasm/identity/base64.js";
import init, { initSync } from "../wasm/identity/cloudauth_edge.js";

const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** Makes the module at once; older versions of Chrome refuse that in a page and make it while `ready()` waits. */
function loadNow() {
  try {
    initSync({ module: bytes });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return loadOnce(exports, init, bytes);
  }
  const core = guard(exports);
  return { core: () => core, ready: async () => {} };
}

const loaded = loadNow();

export const { checkCertNo, checkCertName, checkMobile } = defineIdentity(loaded.core);
export const { ready } = loaded;
