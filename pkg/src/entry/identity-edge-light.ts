import { exports } from "../identity-exports.js";
import { useIdentity } from "../identity-host.js";
import { loaded } from "../load.js";
import { initSync } from "../../wasm/identity/cloudauth_edge.js";
import module from "../../wasm/identity/cloudauth_edge_bg.wasm?module";

// As in edge-light.ts: the module belongs to another realm.
initSync({ module: Object.setPrototypeOf(module, WebAssembly.Module.prototype) });
useIdentity(loaded(exports));

export * from "../identity.js";
