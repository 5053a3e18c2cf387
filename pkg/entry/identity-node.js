import { Buffer } from "node:buffer";
import { guard } from "../core.js";
import { exports } from "../identity-exports.js";
import { defineIdentity } from "../identity.js";
import base64 from "../wasm/identity/base64.js";
import { initSync } from "../wasm/identity/cloudauth_edge.js";

initSync({ module: Buffer.from(base64, "base64") });
const core = guard(exports);

export const { checkCertNo, checkCertName, checkMobile } = defineIdentity(() => core);
export const ready = async () => {};
