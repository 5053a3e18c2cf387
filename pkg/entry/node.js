import { readFileSync } from "node:fs";
import { definePackage } from "../client.js";
import { guard } from "../core.js";
import * as glue from "../wasm/client/cloudauth_edge.js";

const bytes = readFileSync(new URL("../wasm/client/cloudauth_edge_bg.wasm", import.meta.url));
glue.initSync({ module: bytes });
const core = guard(glue);

export const { FaceVerifyClient, FaceVerifyError, isFaceVerifyError, newOuterOrderNo, parseCallback, ready } =
  definePackage({
    core: () => core,
    ready: async () => {},
    inBrowser: false,
  });
