import { guard } from "../core.js";
import { exports } from "../identity-exports.js";
import { defineIdentity } from "../identity.js";
import { initSync } from "../wasm/identity/cloudauth_edge.js";
import module from "../wasm/identity/cloudauth_edge_bg.wasm?module";

// As in edge-light.js: the module belongs to another realm.
initSync({ module: Object.setPrototypeOf(module, WebAssembly.Module.prototype) });
const core = guard(exports);

export const { checkCertNo, checkCertName, checkMobile } = defineIdentity(() => core);
export const ready = async () => {};
