// For every runtime without an entry of its own: Node, Bun, Deno, browsers, and whatever a bundler makes of its defaults.

import { definePackage } from "../client.js";
import { exports } from "../exports.js";
import { loadInline } from "../load.js";
import { nodeTransport } from "../transport-node.js";
import base64 from "../wasm/client/base64.js";
import init, { initSync } from "../wasm/client/cloudauth_edge.js";

/** Pages and workers of browsers alone call themselves Mozilla; on Node, the imitations of test environments do. */
const inBrowser =
  !globalThis.process?.versions?.node && /^Mozilla\//.test(globalThis.navigator?.userAgent ?? "");

export const {
  FaceVerifyClient,
  FaceVerifyError,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
  parseCallback,
  ready,
} = definePackage({ ...loadInline(exports, { init, initSync }, base64), inBrowser, send: nodeTransport() });
