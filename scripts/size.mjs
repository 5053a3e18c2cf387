// What is shipped, in bytes, beside its budget in size-budget.json (KB of 1,024 bytes, gzip). Too much fails.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { build, wasmFile } from "./build.mjs";
import { consoleFiles } from "./console.mjs";
import { Failure, must } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at, browser } from "./lib/project.mjs";
import { compressed, kilobytes } from "./lib/sizes.mjs";
import { forBuild, setUp } from "./setup.mjs";

/** JavaScript as a bundler ships it, without the .wasm that stays a file beside it. */
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

/** Each part: the files that are sent together. */
const parts = {
  // What an edge bundle of the npm package holds.
  client: async () => [readFileSync(wasmFile("client")), await bundled("pkg/entry/workerd.js")],
  // What a page that has the client loads.
  browser: async () => [await bundled("pkg/entry/universal.js")],
  // The rules for forms alone.
  identity: async () => [readFileSync(wasmFile("identity")), await bundled("pkg/entry/identity-workerd.js")],
  // What the Worker and the sandbox load, beside their own JavaScript.
  gateway: async () => [
    readFileSync(wasmFile("gateway")),
    await bundled("pkg/wasm/gateway/cloudauth_edge.js"),
  ],
  sandbox: async () => [
    readFileSync(wasmFile("sandbox")),
    await bundled("pkg/wasm/sandbox/cloudauth_edge.js"),
  ],
  // Every tool of it; `_headers` is not sent.
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
    if (!(budget > 0)) throw new Failure(`size-budget.json names no budget for ${part}`);
    const cells = [total.raw, total.gzip, total.brotli, budget * 1024].map((size) =>
      kilobytes(size).padStart(13),
    );
    console.log(`  ${part.padEnd(10)} ${cells.join("")}`);
    if (total.gzip > budget * 1024) over.push(part);
  }
  if (browser().chrome) {
    // Needs npm packages, which set-up may just have installed.
    const { firstLoad } = await import("./console-load.mjs");
    const { requests, gzip, interactiveMs } = await firstLoad();
    const when = `${Math.round(interactiveMs)} ms on this machine`;
    console.log(
      `\nfirst load of the console: ${requests} requests, ${kilobytes(gzip)} gzip, interactive after ${when}`,
    );
  }
  if (over.length > 0) {
    throw new Failure(`Over budget: ${over.join(", ")}`, {
      advice:
        "Find what grew and make it smaller; raise size-budget.json only for something that is worth its bytes.",
    });
  }
});
