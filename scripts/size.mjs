// Prints the size of each part and its limit in size-budget.json (KB of 1,024 bytes, gzip). Fails if a part exceeds its
// limit.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { build, wasmFile } from "./build.mjs";
import { consoleFiles } from "./console.mjs";
import { Failure, must } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";
import { compressed, kilobytes } from "./lib/sizes.mjs";
import { forBuild, setUp } from "./setup.mjs";

/** JavaScript as a bundler emits it, without the .wasm file. */
const bundled = async (entry) =>
  Buffer.from(
    await must("esbuild", [
      at(entry),
      "--bundle",
      "--minify",
      "--format=esm",
      "--platform=neutral",
      "--external:*.wasm?module",
      "--log-level=error",
    ]),
  );

/** Each part: the files that are downloaded together. */
const parts = {
  // An edge bundle of the npm package.
  client: async () => [readFileSync(wasmFile("client")), await bundled("pkg/dist/entry/workerd.js")],
  // What a page that uses the client loads.
  browser: async () => [await bundled("pkg/dist/entry/universal.js")],
  // Only the rules for forms.
  identity: async () => [
    readFileSync(wasmFile("identity")),
    await bundled("pkg/dist/entry/identity-workerd.js"),
  ],
  // What the Worker and the sandbox load, without their own JavaScript.
  gateway: async () => [
    readFileSync(wasmFile("gateway")),
    await bundled("pkg/wasm/gateway/cloudauth_edge.js"),
  ],
  sandbox: async () => [
    readFileSync(wasmFile("sandbox")),
    await bundled("pkg/wasm/sandbox/cloudauth_edge.js"),
  ],
  // All pages of it; `_headers` is not sent.
  console: () =>
    consoleFiles()
      .filter((file) => basename(file) !== "_headers")
      .map((file) => readFileSync(file)),
};

await command(import.meta, async () => {
  await setUp(forBuild);
  await build();
  const budgets = JSON.parse(readFileSync(at("size-budget.json"), "utf8"));
  const over = [];
  console.log(
    `size         ${["raw", "gzip", "brotli", "gzip budget"].map((head) => head.padStart(13)).join("")}`,
  );
  for (const [part, files] of Object.entries(parts)) {
    const total = { raw: 0, gzip: 0, brotli: 0 };
    for (const bytes of await files()) {
      for (const [kind, size] of Object.entries(compressed(bytes))) total[kind] += size;
    }
    const budget = budgets[part]?.gzip;
    if (!(budget > 0)) throw new Failure(`size-budget.json has no limit for ${part}`);
    const cells = [total.raw, total.gzip, total.brotli, budget * 1024].map((size) =>
      kilobytes(size).padStart(13),
    );
    console.log(`  ${part.padEnd(10)} ${cells.join("")}`);
    if (total.gzip > budget * 1024) over.push(part);
  }
  if (over.length > 0) {
    throw new Failure(`Over budget: ${over.join(", ")}`, {
      advice:
        "Find what grew and reduce it; raise the limit in size-budget.json only if the addition is worth its bytes.",
    });
  }
});
