import { Buffer } from "node:buffer";
import { guard } from "../core.js";
import { defineIdentity } from "../identity.js";
import base64 from "../wasm/identity/base64.js";
import * as glue from "../wasm/identity/cloudauth_edge.js";

glue.initSync({ module: Buffer.from(base64, "base64") });
const core = guard(glue);

export const { checkCertNo, checkCertName, checkMobile } = defineIdentity(() => core);
export const ready = async () => {};
