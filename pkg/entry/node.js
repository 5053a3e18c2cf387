import { Buffer } from "node:buffer";
import { definePackage } from "../client.js";
import { guard } from "../core.js";
import { nodeTransport } from "../transport-node.js";
import base64 from "../wasm/client/base64.js";
import * as glue from "../wasm/client/cloudauth_edge.js";

glue.initSync({ module: Buffer.from(base64, "base64") });
const core = guard(glue);

export const {
  FaceVerifyClient,
  FaceVerifyError,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
  parseCallback,
  ready,
} = definePackage({ core: () => core, ready: async () => {}, inBrowser: false, send: nodeTransport() });
