// See universal.ts.

import "./webassembly.js";
import { exports } from "../identity-exports.js";
import { useIdentity } from "../identity-host.js";
import { loadInline } from "../load.js";
import base64 from "../../wasm/identity/base64.js";
import init, { initSync } from "../../wasm/identity/cloudauth_edge.js";

useIdentity(loadInline(exports, { init, initSync }, base64));

export * from "../identity.js";
