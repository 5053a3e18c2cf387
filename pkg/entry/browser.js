import { definePackage } from "../client.js";
import { guard } from "../core.js";
import * as glue from "../wasm/client/cloudauth_edge.js";

const core = guard(glue);
let loading;
let loaded = false;

async function load() {
  await glue.default({ module_or_path: new URL("../wasm/client/cloudauth_edge_bg.wasm", import.meta.url) });
  loaded = true;
}

export const { FaceVerifyClient, FaceVerifyError, isFaceVerifyError, newOuterOrderNo, parseCallback, ready } =
  definePackage({
    core() {
      if (!loaded) throw new Error("cloudauth-edge is still loading in this browser: await ready() first.");
      return core;
    },
    // A failed download is tried again by the next caller.
    ready: () => (loading ??= load().catch((error) => ((loading = undefined), Promise.reject(error)))),
    inBrowser: true,
  });
