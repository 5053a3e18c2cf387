import { definePackage } from "../client.js";
import { guard } from "../core.js";
import { exports } from "../exports.js";
import { initSync } from "../wasm/client/cloudauth_edge.js";
import module from "../wasm/client/cloudauth_edge_bg.wasm?module";

// The edge sandbox creates the module in another realm, where `instanceof WebAssembly.Module` is false.
initSync({ module: Object.setPrototypeOf(module, WebAssembly.Module.prototype) });
const core = guard(exports);

export const {
  FaceVerifyClient,
  FaceVerifyError,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
  parseCallback,
  ready,
} = definePackage({ core: () => core, ready: async () => {}, inBrowser: false });
