// esbuild leaves `new URL("../wasm/…", import.meta.url)` as it is: the page asks for the client's module under
// wasm/, one folder above the bundle, and so it is copied there. import.meta.url needs --format=esm.

import { cpSync } from "node:fs";

const file = "wasm/client/cloudauth_edge_bg.wasm";
cpSync(`node_modules/cloudauth-edge/${file}`, `dist/${file}`);
cpSync("index.html", "dist/index.html");
