import { exports } from "../identity-exports.js";
import { defineIdentity } from "../identity.js";
import { loadOnce } from "../load.js";
import init from "../wasm/identity/cloudauth_edge.js";

const loaded = loadOnce(exports, init, new URL("../wasm/identity/cloudauth_edge_bg.wasm", import.meta.url));

export const { checkCertNo, checkCertName, checkMobile } = defineIdentity(loaded.core);
export const { ready } = loaded;
