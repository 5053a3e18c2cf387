import { Buffer } from "node:buffer";
import { definePackage } from "../client.js";
import { guard } from "../core.js";
import { exports } from "../exports.js";
import { nodeTransport } from "../transport-node.js";
import base64 from "../wasm/client/base64.js";
import { initSync } from "../wasm/client/cloudauth_edge.js";

initSync({ module: Buffer.from(base64, "base64") });
const core = guard(exports);

export const {
  FaceVerifyClient,
  FaceVerifyError,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
  parseCallback,
  ready,
} = definePackage({ core: () => core, ready: async () => {}, inBrowser: false, send: nodeTransport() });
