// esbuild leaves `new URL("../wasm/…", import.meta.url)` as it is: the page asks for the modules under
// wasm/, one folder above the bundle, and so they are copied there. import.meta.url needs --format=esm.

import { cpSync } from "node:fs";

for (const part of ["client", "identity"]) {
  const file = `wasm/${part}/cloudauth_edge_bg.wasm`;
  cpSync(`node_modules/cloudauth-edge/${file}`, `dist/${file}`);
}
cpSync("index.html", "dist/index.html");
