import { defineIdentity } from "../identity.js";
import { loadOnce } from "../load.js";
import * as glue from "../wasm/identity/cloudauth_edge.js";

const loaded = loadOnce(glue, new URL("../wasm/identity/cloudauth_edge_bg.wasm", import.meta.url));

export const { checkCertNo, checkCertName, checkMobile } = defineIdentity(loaded.core);
export const { ready } = loaded;
