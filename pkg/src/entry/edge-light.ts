import { exports } from "../client-exports.js";
import { useHost } from "../host.js";
import { loaded } from "../load.js";
import { initSync } from "../../wasm/client/cloudauth_edge.js";
import module from "../../wasm/client/cloudauth_edge_bg.wasm?module";

// The edge sandbox creates the module in another realm, where `instanceof WebAssembly.Module` is false.
initSync({ module: Object.setPrototypeOf(module, WebAssembly.Module.prototype) });
useHost({ ...loaded(exports), inBrowser: false });

export * from "../index.js";
