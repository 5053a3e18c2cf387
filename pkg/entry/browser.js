import { definePackage } from "../client.js";
import { exports } from "../exports.js";
import { loadOnce } from "../load.js";
import init from "../wasm/client/cloudauth_edge.js";

// The URL stands here as bundlers look for it: they emit the file it names.
const loaded = loadOnce(exports, init, new URL("../wasm/client/cloudauth_edge_bg.wasm", import.meta.url));

export const {
  FaceVerifyClient,
  FaceVerifyError,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
  parseCallback,
  ready,
} = definePackage({ ...loaded, inBrowser: true });
