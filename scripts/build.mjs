// Builds what the npm package, the Worker and the console load: WebAssembly modules from the crate with their glue,
// entry points bundled into one file, and the console. Skips everything whose inputs have not changed.

import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { buildConsole, consoleDist, consoleInputs } from "./console.mjs";
import { answer, must } from "./lib/process.mjs";
import { command, line } from "./lib/progress.mjs";
import { at, bindgen as bindgenProgram, filesUnder, projectEnv, root } from "./lib/project.mjs";
import { gzipped, kilobytes } from "./lib/sizes.mjs";
import { fingerprint, unlessCurrent } from "./lib/stamp.mjs";
import { buildServer, serverDist, serverInputs } from "./server.mjs";
import { forBuild, setUp } from "./setup.mjs";

const TARGET = "wasm32-unknown-unknown";
const moduleFolder = (variant) => at("pkg", "wasm", variant);
export const wasmFile = (variant) => join(moduleFolder(variant), "cloudauth_edge_bg.wasm");

/**
 * One module each for npm users (client), forms (identity), the Worker (gateway), the emulator (sandbox) and the
 * console (lab). Compared with "z", "s" signs a request in five sixths of the time and makes the module a tenth larger;
 * "3" makes the gateway two fifths larger and gives it a quarter more starts a second, and the first one is not later.
 * Server modules hash with SIMD; identity and lab also run in older browsers.
 */
const variants = {
  client: { features: "client", optimize: "s", simd: true },
  identity: { features: "identity", optimize: "z" },
  gateway: { features: "gateway-module", optimize: "3", simd: true },
  sandbox: { features: "sandbox-module", optimize: "z", simd: true },
  lab: { features: "lab", optimize: "z" },
};

/**
 * Modules that the universal entry points contain as text: bundlers may omit separate files, and text is available at
 * once.
 */
const inlined = ["client", "identity", "sandbox"];

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

/** A hash of all inputs that determine the bytes of the modules. */
function moduleInputs() {
  const parts = ["build.mjs", "bindgen/Cargo.lock", "bindgen/src/main.rs"].map((part) => at("scripts", part));
  const config = at(".cargo", "config.toml");
  const binaryen = at("node_modules", "binaryen", "package.json");
  const files = [at("Cargo.toml"), at("Cargo.lock"), ...filesUnder(at("src")), ...parts, binaryen];
  if (existsSync(config)) files.push(config);
  return fingerprint(files, answer("rustc", ["--version", "--verbose"]) ?? "");
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

async function buildVariant(variant) {
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
  await must(bindgenProgram, [join(target, TARGET, "release", "cloudauth_edge.wasm"), bindgen], {
    advice: "scripts/bindgen must use the same version of wasm-bindgen as Cargo.lock.",
  });
  await must("wasm-opt", [
    ...wasmOpt,
    join(bindgen, "cloudauth_edge_bg.wasm"),
    "-o",
    join(bindgen, "optimized.wasm"),
  ]);

  const out = moduleFolder(variant);
  const wasm = wasmFile(variant);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  writeFileSync(wasm, withoutSourcePaths(readFileSync(join(bindgen, "optimized.wasm"))));
  for (const part of readdirSync(bindgen)) {
    if (part.endsWith(".wasm")) continue;
    cpSync(join(bindgen, part), join(out, part), { recursive: true });
  }
  if (inlined.includes(variant))
    writeFileSync(join(out, "base64.js"), `export default "${readFileSync(wasm, "base64")}";\n`);
}

/** Needed because Jest's jsdom environment has no TextEncoder, and bundlers for browsers do not know Node's modules. */
const textEncoding = `const { TextDecoder, TextEncoder } = globalThis.TextEncoder ? globalThis : process.getBuiltinModule("node:util");`;

/** The entries whose declarations are published. */
const declared = ["index", "identity", "memory-orders", "sandbox", "gateway-client", "testing"];

/** The map of a declaration, which leads editors to the source in the package. */
function declarationMap(name, text) {
  const map = JSON.parse(text);
  return JSON.stringify({ ...map, file: `${name}.d.cts`, sourceRoot: "", sources: [`../src/${name}.ts`] });
}

/**
 * Compiles pkg/src/ to pkg/dist/. Declarations are written as CommonJS, and those of ES modules re-export them: every
 * TypeScript version allows ES modules to import CommonJS, but not the reverse.
 */
async function compile() {
  const dist = at("pkg", "dist");
  const declarations = at("target", "declarations");
  for (const folder of [dist, declarations]) rmSync(folder, { recursive: true, force: true });
  await must("tsc", ["--project", at("pkg")], { advice: "Fix the errors that TypeScript reports above." });
  const needed = [...declared];
  // The set grows during the loop, by the imports of each declaration.
  for (const name of needed) {
    const text = readFileSync(join(declarations, `${name}.d.ts`), "utf8");
    const local = /(?<=(?:from|import) ?\(?")\.\/([\w-]+)\.js(?=")/g;
    for (const [, imported] of text.matchAll(local)) if (!needed.includes(imported)) needed.push(imported);
    const declaration = text.replace(local, "./$1.cjs").replace(`${name}.d.ts.map`, `${name}.d.cts.map`);
    writeFileSync(join(dist, `${name}.d.cts`), declaration);
    const map = readFileSync(join(declarations, `${name}.d.ts.map`), "utf8");
    writeFileSync(join(dist, `${name}.d.cts.map`), declarationMap(name, map));
  }
  for (const name of declared) writeFileSync(join(dist, `${name}.d.ts`), `export * from "./${name}.cjs";\n`);
}

/** The bundles in pkg/dist/: on Node, finding and reading a dozen files took two fifths of the import time. */
const bundles = [
  { module: "entry/universal.js", format: "esm", file: "client.js" },
  { module: "entry/universal.js", format: "cjs", file: "client.cjs", banner: textEncoding },
  { module: "entry/identity-universal.js", format: "cjs", file: "identity.cjs", banner: textEncoding },
  { module: "memory-orders.js", format: "cjs", file: "memory-orders.cjs" },
  { module: "gateway-client.js", format: "cjs", file: "gateway-client.cjs", banner: textEncoding },
  { module: "sandbox.js", format: "esm", file: "sandbox.js" },
  { module: "sandbox.js", format: "cjs", file: "sandbox.cjs", banner: textEncoding },
  // Imports the package by its name.
  { module: "testing.js", format: "cjs", file: "testing.cjs" },
];

const bundle = ({ module, format, file, banner = "" }) =>
  must("esbuild", [
    at("pkg", "dist", module),
    "--bundle",
    `--format=${format}`,
    "--platform=node",
    "--target=node20",
    "--packages=external",
    "--log-level=warning",
    `--banner:js=${banner}`,
    // The package contains the sources.
    "--sourcemap",
    "--sources-content=false",
    `--outfile=${at("pkg", "dist", "bundle", file)}`,
  ]);

/** The simulated phone's page as a module of texts, for bundles and for Workers. */
const PHONE = at("pkg", "wasm", "phone.js");
function bundlePhone() {
  const files = filesUnder(at("pkg", "phone"));
  const texts = Object.fromEntries(files.map((file) => [basename(file), readFileSync(file, "utf8")]));
  writeFileSync(PHONE, `export default ${JSON.stringify(texts)};\n`);
}

/** Builds pkg/dist/. */
async function buildPackage() {
  bundlePhone();
  await compile();
  await Promise.all(bundles.map(bundle));
}

/** @param {string} modules fingerprint of the WebAssembly modules */
function packageInputs(modules) {
  const settings = [at("package-lock.json"), at("pkg", "package.json"), at("pkg", "tsconfig.json")];
  return fingerprint(
    [...settings, ...filesUnder(at("pkg", "src")), ...filesUnder(at("pkg", "phone"))],
    modules,
  );
}

/** Removes files that an earlier version of the project built and that would otherwise be packed. */
function removeUnknown() {
  const known = new Set([...Object.keys(variants), basename(PHONE)]);
  for (const name of existsSync(at("pkg", "wasm")) ? readdirSync(at("pkg", "wasm")) : [])
    if (!known.has(name)) rmSync(at("pkg", "wasm", name), { recursive: true });
}

/** Builds whatever is not up to date. Requires setUp(forBuild). */
export async function build() {
  console.log("build");
  const modules = moduleInputs();
  removeUnknown();
  await line("WebAssembly modules", async () => {
    // In parallel, because each build spends most of its time linking on one core.
    const built = await Promise.all(
      Object.keys(variants).map((variant) =>
        unlessCurrent(`wasm-${variant}`, [moduleFolder(variant)], modules, () => buildVariant(variant)),
      ),
    );
    return built.every((note) => note === "there") ? "there" : undefined;
  });
  const npmPackage = [PHONE, at("pkg", "dist")];
  await line("npm package", () => unlessCurrent("package", npmPackage, packageInputs(modules), buildPackage));
  await line("console", () => unlessCurrent("console", [consoleDist], consoleInputs(modules), buildConsole));
  await line("gateway for Node", () => unlessCurrent("server", [serverDist], serverInputs(), buildServer));
}

await command(import.meta, async () => {
  await setUp(forBuild);
  await build();
  for (const variant of Object.keys(variants)) {
    const bytes = readFileSync(wasmFile(variant));
    console.log(`  ${variant} WebAssembly: ${kilobytes(bytes.length)}, ${kilobytes(gzipped(bytes))} gzip`);
  }
});
