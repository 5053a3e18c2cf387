import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { once } from "../lib/measure.mjs";
import { placeOf } from "../../scripts/lib/dependencies.mjs";
import { compressed } from "../../scripts/lib/sizes.mjs";
import { filesUnder } from "../../scripts/lib/project.mjs";
import { pack } from "../../scripts/pack.mjs";

const run = promisify(execFile);
const here = fileURLToPath(new URL("..", import.meta.url));
const client = join(here, "..", "pkg", "wasm", "client", "cloudauth_edge_bg.wasm");

/** The bundled programs of "Start-up"; on the edge, this package's .wasm is a separate file. */
const forNode = {
  "cloudauth-edge": ["startup/cloudauth-edge.mjs"],
  "pop-core": ["startup/pop-core.mjs"],
  "official SDK": ["startup/official-sdk.mjs"],
  "aws4fetch (SigV4)": ["startup/aws4fetch.mjs"],
  "node:crypto and fetch by hand": ["startup/by-hand.mjs"],
};
const forEdge = {
  "cloudauth-edge": ["startup/cloudauth-edge.mjs", client],
  "pop-core": ["startup/pop-core.mjs"],
  "official SDK": ["startup/official-sdk.mjs"],
  "aws4fetch (SigV4)": ["startup/aws4fetch.mjs"],
  "WebCrypto and fetch by hand": ["workers/plain.js"],
};

export const title = "Size";
export const about = `A program that creates a client and starts one verification, bundled and minified by esbuild: for Node,
and for an edge runtime (conditions \`workerd\` and \`worker\`, no Node built-ins), including the separate .wasm file.
\`npm run size\` compares this package with its limits. Installed is what \`npm install\` of the package writes to the disk,
including its dependencies.`;

async function bundle(entry, options) {
  const args = [join(here, entry), "--bundle", "--minify", "--format=esm", "--log-level=error", ...options];
  const { stdout } = await run("esbuild", args, { maxBuffer: 2 ** 26, encoding: "buffer" });
  return stdout;
}

const FOR_NODE = [
  "--platform=node",
  "--external:bufferutil",
  "--external:utf-8-validate",
  "--external:supports-color",
];
const FOR_EDGE = [
  "--platform=neutral",
  "--conditions=workerd,worker",
  "--main-fields=module,main",
  "--external:*.wasm?module",
];

/** Bytes of a bundle; NaN if it cannot be built. */
async function weigh(entry, options, files = []) {
  try {
    const parts = [await bundle(entry, options), ...files.map((file) => readFileSync(file))];
    const sum = { raw: 0, gzip: 0, brotli: 0 };
    for (const part of parts)
      for (const [kind, size] of Object.entries(compressed(part))) sum[kind] += size / 1024;
    return sum;
  } catch (error) {
    if (!/Could not resolve/.test(error.stderr)) throw error;
    return { raw: NaN, gzip: NaN, brotli: NaN };
  }
}

/** Packages, files and bytes of an installed package, from the lock file. */
function installed(name) {
  const { packages } = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8"));
  const found = new Set();
  const visit = (wanted, from) => {
    const path = placeOf(packages, wanted, from);
    if (!path) throw new Error(`${wanted} is not in the lock file`);
    if (found.has(path)) return;
    found.add(path);
    for (const next of Object.keys(packages[path].dependencies ?? {})) visit(next, path);
  };
  visit(name, "");
  const files = [...found].flatMap((path) =>
    filesUnder(join(here, path)).filter(
      (file) => !file.slice(join(here, path).length).includes("/node_modules/"),
    ),
  );
  return weightOf(found.size, files);
}

const weightOf = (packages, files) => ({
  packages,
  files: files.length,
  size: files.reduce((sum, file) => sum + statSync(file).size, 0) / 1024,
});

/** Size of the packed package. */
async function installedOurs() {
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-size-"));
  try {
    await run("tar", ["-xzf", await pack(folder), "-C", folder]);
    return weightOf(1, filesUnder(join(folder, "package")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function measure() {
  const columns = { gzip: "KB gzip", brotli: "KB brotli", raw: "KB" };
  const table = async (heading, programs, options, chart) => ({
    title: heading,
    columns,
    rows: await Promise.all(
      Object.entries(programs).map(async ([name, [entry, ...files]]) =>
        once(name, await weigh(entry, options, files)),
      ),
    ),
    ratio: { key: "gzip", of: "cloudauth-edge", label: "relative to cloudauth-edge" },
    chart,
  });
  return [
    await table("Bundled for Node", forNode, FOR_NODE, {
      key: "gzip",
      title: "A program bundled for Node, KB gzip (less is better)",
    }),
    {
      ...(await table("Bundled for an edge runtime without Node's modules", forEdge, FOR_EDGE)),
      note: "A dash: esbuild cannot bundle it for such a runtime, because it needs Node's modules.",
    },
    {
      title: "Installed",
      columns: { size: "KB", files: "files", packages: "packages" },
      rows: [
        once("cloudauth-edge", await installedOurs()),
        once("pop-core", installed("@alicloud/pop-core")),
        once("official SDK", installed("@alicloud/cloudauth20190307")),
        once("aws4fetch (SigV4)", installed("aws4fetch")),
      ],
    },
  ];
}
