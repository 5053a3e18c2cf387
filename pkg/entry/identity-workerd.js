import { guard } from "../core.js";
import { defineIdentity } from "../identity.js";
import * as glue from "../wasm/identity/cloudauth_edge.js";
import module from "../wasm/identity/cloudauth_edge_bg.wasm";

glue.initSync({ module });
const core = guard(glue);

export const { checkCertNo, checkCertName, checkMobile } = defineIdentity(() => core);
export const ready = async () => {};
