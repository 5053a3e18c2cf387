// As universal.js.

import { exports } from "../identity-exports.js";
import { defineIdentity } from "../identity.js";
import { loadInline } from "../load.js";
import base64 from "../wasm/identity/base64.js";
import init, { initSync } from "../wasm/identity/cloudauth_edge.js";

const loaded = loadInline(exports, { init, initSync }, base64);

export const { checkCertNo, checkCertName, checkMobile } = defineIdentity(loaded.core);
export const { ready } = loaded;
