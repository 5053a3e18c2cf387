import { readFileSync } from "node:fs";
import { definePackage } from "../client.js";
import { guard } from "../core.js";
import * as glue from "../wasm/client/cloudauth_edge.js";

glue.initSync({
  module: readFileSync(new URL("../wasm/client/cloudauth_edge_bg.wasm", import.meta.url)),
});
const core = guard(glue);

export const {
  FaceVerifyClient,
  FaceVerifyError,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
  parseCallback,
  ready,
} = definePackage({ core: () => core, ready: async () => {}, inBrowser: false });
