import { exports } from "../identity-exports.js";
import { useIdentity } from "../identity-host.js";
import { loaded } from "../load.js";
import { initSync } from "../../wasm/identity/cloudauth_edge.js";
import module from "../../wasm/identity/cloudauth_edge_bg.wasm?module";

initSync({ module });
useIdentity(loaded(exports));

export * from "../identity.js";
