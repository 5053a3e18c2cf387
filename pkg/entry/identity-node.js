import { readFileSync } from "node:fs";
import { guard } from "../core.js";
import { defineIdentity } from "../identity.js";
import * as glue from "../wasm/identity/cloudauth_edge.js";

glue.initSync({
  module: readFileSync(new URL("../wasm/identity/cloudauth_edge_bg.wasm", import.meta.url)),
});
const core = guard(glue);

export const { checkCertNo, checkCertName, checkMobile } = defineIdentity(() => core);
export const ready = async () => {};
