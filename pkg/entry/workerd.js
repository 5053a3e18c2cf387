import { definePackage } from "../client.js";
import { guard } from "../core.js";
import * as glue from "../wasm/client/cloudauth_edge.js";
import module from "../wasm/client/cloudauth_edge_bg.wasm";

glue.initSync({ module });
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
