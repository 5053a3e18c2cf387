import { exports } from "../client-exports.js";
import { useHost } from "../host.js";
import { loaded } from "../load.js";
import { initSync } from "../../wasm/client/cloudauth_edge.js";
import module from "../../wasm/client/cloudauth_edge_bg.wasm?module";

initSync({ module });
useHost({ ...loaded(exports), inBrowser: false });

export * from "../index.js";
