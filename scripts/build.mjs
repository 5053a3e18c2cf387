// Builds what the npm packages, the Worker and the console load: WebAssembly modules from the one crate, with their
// glue, the CommonJS bundles of the Node entries, and the console. Nothing is built again while its inputs are the same.

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { buildConsole } from "./console.mjs";
import { answer, must } from "./lib/process.mjs";
import { command, line } from "./lib/progress.mjs";
import { at, filesUnder, lockedCrate, projectEnv, root } from "./lib/project.mjs";
import { gzipped, kilobytes } from "./lib/sizes.mjs";
import { buildServer } from "./server.mjs";
import { forBuild, setUp } from "./setup.mjs";

const TARGET = "wasm32-unknown-unknown";
export const wasmFile = (variant) => at("pkg", "wasm", variant, "cloudauth_edge_bg.wasm");

/**
 * One module each for npm users (client), forms (identity), the Worker (gateway), the emulator (sandbox) and the
 * console (lab). Compared with "z", "s" signs a request in five sixths of the time and makes the module a tenth larger.
 * Modules for servers hash with SIMD; identity and lab also run in older browsers.
 */
const variants = {
  client: { features: "client", optimize: "s", simd: true },
  identity: { features: "identity", optimize: "z" },
  gateway: { features: "gateway-module", optimize: "z", simd: true },
  sandbox: { features: "sandbox-module", optimize: "z", simd: true },
  lab: { features: "lab", optimize: "z" },
};

/** Node's entries contain these modules as text, because bundlers for servers do not copy adjacent files. */
const inlined = ["client", "identity"];

// Listed one by one: --all-features emits encodings that no runtime supports yet.
const wasmOpt = [
  "-Oz",
  "--converge",
  // Keep functions with one caller: they compress better, and each is compiled at its first call.
  "--one-caller-inline-max-function-size=25",
  "--enable-bulk-memory",
  "--enable-nontrapping-float-to-int",
  "--enable-sign-ext",
  "--enable-mutable-globals",
  "--enable-reference-types",
  "--enable-multivalue",
  "--enable-simd",
  "--strip-debug",
  "--strip-producers",
];

/** A hash of everything that determines the bytes of the modules. */
function fingerprint() {
  const sources = [at("Cargo.toml"), at("Cargo.lock"), ...filesUnder(at("src"))];
  const config = at(".cargo", "config.toml");
  if (existsSync(config)) sources.push(config);
  const hash = createHash("sha256");
  for (const file of sources)
    hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
  hash.update(readFileSync(at("scripts", "build.mjs")));
  hash.update(readFileSync(at("node_modules", "binaryen", "package.json")));
  hash.update(answer("rustc", ["--version", "--verbose"]) ?? "");
  return hash.digest("hex");
}

/**
 * Removes the source file names that panic messages contain: these modules trap without a message. The replacement has
 * the same length, so no offset changes.
 */
function withoutSourcePaths(wasm) {
  const path = /(?:\/rustc\/[0-9a-f]{40}\/|crates\/|src\/)[\w./-]*?\.rs/g;
  const blanked = wasm.toString("latin1").replace(path, (found) => "\0".repeat(found.length));
  return Buffer.from(blanked, "latin1");
}

// Replaces this machine's paths in panic messages, so that withoutSourcePaths() can find them.
async function rustflags(simd) {
  await must("cargo", ["fetch", "--quiet", "--locked", "--target", TARGET], {
    advice: "Check that cargo can reach its registry and that Cargo.lock matches Cargo.toml.",
  });
  const registries = join(process.env.CARGO_HOME || join(homedir(), ".cargo"), "registry", "src");
  const crates = existsSync(registries)
    ? readdirSync(registries).map((folder) => join(registries, folder))
    : [];
  const remapped = [...crates.map((folder) => `${folder}=crates`), `${root}=cloudauth-edge`];
  return [
    ...remapped.map((remap) => `--remap-path-prefix=${remap}`),
    simd
      ? "-Ctarget-feature=+simd128"
      : // Rounds in a loop instead of unrolled: a tenth of the code.
        '--cfg=sha2_backend_soft="compact"',
  ].join("\x1f");
}

async function buildVariant(variant, inputs) {
  const out = at("pkg", "wasm", variant);
  const stamp = join(out, ".built-from");
  const wasm = wasmFile(variant);
  if (existsSync(wasm) && existsSync(stamp) && readFileSync(stamp, "utf8") === inputs) return "there";

  // One target folder per variant: in a shared folder, the builds would overwrite each other's cloudauth_edge.wasm.
  const target = at("target", `wasm-${variant}`);
  const env = {
    ...projectEnv(),
    CARGO_ENCODED_RUSTFLAGS: await rustflags(variants[variant].simd),
    CARGO_PROFILE_RELEASE_OPT_LEVEL: variants[variant].optimize,
  };
  await must(
    "cargo",
    [
      "build",
      "--quiet",
      "--locked",
      "--lib",
      "--release",
      "--target",
      TARGET,
      "--target-dir",
      target,
      "--no-default-features",
      `--features=${variants[variant].features}`,
    ],
    {
      env,
      advice: "The crate does not compile for wasm32: fix the compiler errors above.",
    },
  );

  const bindgen = join(target, "bindgen");
  rmSync(bindgen, { recursive: true, force: true });
  await must(
    "wasm-bindgen",
    [
      join(target, TARGET, "release", "cloudauth_edge.wasm"),
      "--target=web",
      `--out-dir=${bindgen}`,
      "--out-name=cloudauth_edge",
      // Each runtime's entry locates the module; the glue's default path would make bundlers emit it twice.
      "--omit-default-module-path",
      "--no-typescript",
      // After a trap, core.js creates a new instance for the next call.
      "--experimental-reset-state-function",
    ],
    {
      advice: `wasm-bindgen must have version ${lockedCrate("wasm-bindgen")}, as in Cargo.lock; delete .tools and run this command again.`,
    },
  );
  await must("wasm-opt", [
    ...wasmOpt,
    join(bindgen, "cloudauth_edge_bg.wasm"),
    "-o",
    join(bindgen, "optimized.wasm"),
  ]);

  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  writeFileSync(wasm, withoutSourcePaths(readFileSync(join(bindgen, "optimized.wasm"))));
  for (const part of readdirSync(bindgen)) {
    if (part.endsWith(".wasm")) continue;
    cpSync(join(bindgen, part), join(out, part), { recursive: true });
  }
  if (inlined.includes(variant))
    writeFileSync(join(out, "base64.js"), `export default "${readFileSync(wasm, "base64")}";\n`);
  writeFileSync(stamp, inputs);
}

/** What `require()` loads on Node: the file in pkg/wasm and its source module. */
const commonJs = {
  "node.cjs": "entry/node.js",
  "identity-node.cjs": "entry/identity-node.js",
  "sandbox-node.cjs": "sandbox.js",
};

/** Bundles a module of pkg/ into one file of pkg/wasm/, for Node. */
function bundleForNode(module, format, file, ...more) {
  return must("esbuild", [
    at("pkg", module),
    "--bundle",
    `--format=${format}`,
    "--platform=node",
    "--target=node20",
    "--log-level=warning",
    `--outfile=${at("pkg", "wasm", file)}`,
    ...more,
  ]);
}

/** What `import` loads on Node, as one file: resolving and reading a dozen files took two fifths of the import. */
const bundleForImport = () => bundleForNode("entry/node.js", "esm", "node.js");

/** The same module as one CommonJS file; it locates its WebAssembly relative to the original module. */
const bundleCommonJs = (file, module) =>
  bundleForNode(
    module,
    "cjs",
    file,
    "--define:import.meta.url=import_meta_url",
    `--banner:js=const import_meta_url = require("node:url").pathToFileURL(require("node:path").join(__dirname, "..", "${module}")).href;`,
  );

/** Builds whatever is not up to date. Requires setUp(forBuild). */
export async function build() {
  console.log("build");
  const inputs = fingerprint();
  // Otherwise `npm pack` would include the output of earlier versions of the project.
  for (const entry of existsSync(at("pkg", "wasm"))
    ? readdirSync(at("pkg", "wasm"), { withFileTypes: true })
    : []) {
    if (entry.isDirectory() && !(entry.name in variants))
      rmSync(at("pkg", "wasm", entry.name), { recursive: true });
  }
  await line("WebAssembly modules", async () => {
    // In parallel: each build spends most of its time linking on one core.
    const built = await Promise.all(
      Object.keys(variants).map(async (variant) => (await buildVariant(variant, inputs)) ?? variant),
    );
    const names = built.filter((name) => name !== "there");
    return names.length > 0 ? names.join(", ") : "there";
  });
  await line("entries for Node", async () => {
    await bundleForImport();
    for (const [file, module] of Object.entries(commonJs)) await bundleCommonJs(file, module);
  });
  await line("console", () => buildConsole(inputs));
  await line("gateway for Node", buildServer);
}

await command(import.meta, async () => {
  await setUp(forBuild);
  await build();
  for (const variant of Object.keys(variants)) {
    const bytes = readFileSync(wasmFile(variant));
    console.log(`  ${variant} WebAssembly: ${kilobytes(bytes.length)}, ${kilobytes(gzipped(bytes))} gzip`);
  }
});
