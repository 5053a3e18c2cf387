// Installs what the commands need on a machine with git, Node 20 or newer and rustup. Each step checks whether it is
// already done, performs it, and gives advice if it fails. Runs before `npm ci`: Node built-ins only.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, answer, must } from "./lib/process.mjs";
import { command, line } from "./lib/progress.mjs";
import {
  at,
  bindgen,
  browser,
  lockedCrate,
  machineEnv,
  postgresPrograms,
  python,
  tools,
  which,
} from "./lib/project.mjs";

const WASM_PACK = "0.15.1";
const CARGO_FUZZ = "0.13.2";
const CARGO_LLVM_COV = "0.9.1";
const CARGO_MUTANTS = "27.1.0";
/** The oldest Node that wrangler supports. */
const NODE_FOR_WRANGLER = [22, 12];

const hashOf = (...files) => {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
};
const reads = (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);

const npmStamp = at("node_modules", ".installed-lock");
/** A folder with its own lock file. */
const installed = (...path) => ({
  folder: at(...path),
  lock: at(...path, "package-lock.json"),
  stamp: at(...path, "node_modules", ".installed-lock"),
});
/** The runtimes and tools that the packed package is tested with. */
const consumers = [installed("tests", "packaging"), installed("tests", "packaging", "projects", "next")];
/** TypeDoc, with the TypeScript that it supports. */
const reference = [installed("scripts", "reference")];
/** Stryker, which changes the package's TypeScript in one place at a time. */
const stryker = [installed("scripts", "stryker")];
const examples = ["node", "express", "hono-workers"].map((name) => installed("examples", name));
const bindgenStamp = join(tools, "bindgen", ".built-from");
const bindgenSources = ["Cargo.lock", "src/main.rs"].map((file) => at("scripts", "bindgen", file));
const pythonStamp = join(tools, "python", ".installed-requirements");
const requirements = at("tests", "conformance", "python", "requirements.txt");
export const fuzzToolchain = "nightly";

function atLeast(version, [major, minor]) {
  const [a, b] = version.replace(/^v/, "").split(".").map(Number);
  return a > major || (a === major && b >= minor);
}

/** A tool that cargo installs into the tools folder. `subcommand` precedes `--version` if the tool requires one. */
function cargoTool(crate, binaries, version, { toolchain = [], subcommand = [] } = {}) {
  return {
    name: `${crate} ${version}`,
    isDone: () =>
      binaries.every((binary) =>
        answer(join(tools, "bin", binary), [...subcommand, "--version"])
          ?.split(/\s+/)
          .includes(version),
      ),
    // Without optimization: compiling the tool takes longer than everything it does. Without --locked: some registry
    // mirrors lack a dependency in wasm-bindgen-cli's lock file.
    run: () =>
      must(
        "cargo",
        [...toolchain, "install", crate, "--version", version, "--debug", "--root", tools, "--force"],
        { env: { ...machineEnv(), CARGO_PROFILE_DEV_DEBUG: "false" } },
      ),
    whatToDoIfItFails: `Check that cargo can reach its registry, or install it manually: cargo install ${crate} --version ${version} --root .tools`,
  };
}

/** Runs npm ci in folders with their own lock files. */
function npmFolders(name, folders, ...options) {
  return {
    name,
    isDone: () => folders.every(({ lock, stamp }) => reads(stamp) === hashOf(lock)),
    async run() {
      for (const { folder, lock, stamp } of folders) {
        await must("npm", ["ci", "--loglevel=error", ...options], { env: machineEnv(), cwd: folder });
        writeFileSync(stamp, hashOf(lock));
      }
    },
    whatToDoIfItFails:
      "Fix the npm error above (usually, the registry cannot be reached) and run this command again.",
  };
}

/** Installs Debian packages, if the user has permission. */
async function aptInstall(what, ...packages) {
  const root = process.getuid?.() === 0;
  const sudo = !root && answer("sudo", ["-n", "true"]) !== undefined;
  if (!which("apt-get") || !(root || sudo)) throw new Failure(`${what} is missing`);
  const env = { ...machineEnv(), DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args) => must(root ? "apt-get" : "sudo", root ? args : ["-n", "apt-get", ...args], { env });
  await apt("update");
  await apt("install", "--yes", "--no-install-recommends", ...packages);
}

const rustupAdvice =
  "Install Rust with rustup (see https://rustup.rs), open a new shell and run this command again.";

/** All prerequisites by name. A step is created when a command asks for it. */
const needs = {
  packages: () => ({
    name: "npm packages",
    isDone: () => reads(npmStamp) === hashOf(at("package-lock.json")),
    async run() {
      await must("npm", ["ci", "--loglevel=error"], { env: machineEnv() });
      const version = answer("node", ["--version"]);
      if (!atLeast(version, NODE_FOR_WRANGLER)) {
        throw new Failure(`wrangler needs Node ${NODE_FOR_WRANGLER.join(".")} or newer; this is ${version}`, {
          advice: `No packaged Node exists for ${process.platform}-${process.arch}: install Node ${NODE_FOR_WRANGLER.join(".")} or newer and run this command again.`,
        });
      }
      writeFileSync(npmStamp, hashOf(at("package-lock.json")));
    },
    whatToDoIfItFails:
      "Fix the npm error above (usually, the registry cannot be reached) and run this command again.",
  }),

  rust: () => ({
    name: "Rust",
    isDone: () => answer("cargo", ["--version"]) !== undefined,
    run() {
      throw new Failure("cargo is not on the PATH");
    },
    whatToDoIfItFails: rustupAdvice,
  }),

  rustLints: () => ({
    name: "rustfmt and clippy",
    isDone: () => ["fmt", "clippy"].every((part) => answer("cargo", [part, "--version"]) !== undefined),
    run: () => must("rustup", ["component", "add", "rustfmt", "clippy"]),
    whatToDoIfItFails: rustupAdvice,
  }),

  wasm32: () => ({
    name: "wasm32 target",
    isDone: () =>
      existsSync(
        join(answer("rustc", ["--print", "sysroot"]) ?? "", "lib/rustlib/wasm32-unknown-unknown/lib"),
      ),
    run: () => must("rustup", ["target", "add", "wasm32-unknown-unknown"]),
    whatToDoIfItFails:
      "Add the target wasm32-unknown-unknown to this Rust: rustup target add wasm32-unknown-unknown",
  }),

  bindgen: () => ({
    name: "wasm-bindgen for the build",
    isDone: () => existsSync(bindgen) && reads(bindgenStamp) === hashOf(...bindgenSources),
    async run() {
      const crate = at("scripts", "bindgen");
      const target = join(tools, "bindgen");
      await must("cargo", ["build", "--quiet", "--locked", "--target-dir", target], { cwd: crate });
      writeFileSync(bindgenStamp, hashOf(...bindgenSources));
    },
    whatToDoIfItFails: "Check that cargo can reach its registry, and run this command again.",
  }),

  wasmTestRunner: () =>
    cargoTool("wasm-bindgen-cli", ["wasm-bindgen-test-runner"], lockedCrate("wasm-bindgen")),

  wasmPack: () => cargoTool("wasm-pack", ["wasm-pack"], WASM_PACK),

  browser: () => ({
    name: "Chromium and chromedriver",
    isDone: () => Boolean(browser().chrome && browser().driver),
    async run() {
      await aptInstall("Chromium or chromedriver", "chromium", "chromium-driver");
      if (!browser().chrome || !browser().driver)
        throw new Failure("The packages are installed but contain no browser");
    },
    whatToDoIfItFails:
      "Install Chromium and its chromedriver (Debian: apt-get install chromium chromium-driver), or name them in CHROME_PATH and CHROMEDRIVER.",
  }),

  postgres: () => ({
    name: "PostgreSQL",
    isDone: () => postgresPrograms() !== undefined,
    async run() {
      await aptInstall("PostgreSQL", "postgresql");
      if (!postgresPrograms()) throw new Failure("The package is installed but contains no server");
    },
    whatToDoIfItFails:
      "Install PostgreSQL's server (Debian: apt-get install postgresql), or put its initdb on the PATH.",
  }),

  reference: () => npmFolders("TypeDoc", reference),
  stryker: () => npmFolders("Stryker", stryker),
  consumers: () => npmFolders("runtimes and bundlers", consumers),

  peers: () => npmFolders("packages for the benchmarks", [installed("bench")]),

  // Without dev dependencies: wrangler is already installed.
  examples: () => npmFolders("packages of the examples", examples, "--omit=dev"),

  python: () => ({
    name: "Python SDKs of Alibaba Cloud",
    isDone: () => existsSync(python) && reads(pythonStamp) === hashOf(requirements),
    async run() {
      await must("python3", ["-m", "venv", "--clear", join(tools, "python")]);
      await must(python, ["-m", "pip", "install", "--quiet", "--requirement", requirements], {
        advice: "Check that pip can reach its package index, and run this command again.",
      });
      writeFileSync(pythonStamp, hashOf(requirements));
    },
    whatToDoIfItFails:
      "Install Python 3.8 or newer with its venv module (Debian: apt-get install python3 python3-venv).",
  }),

  fuzzRust: () => ({
    name: "nightly Rust",
    isDone: () => answer("cargo", [`+${fuzzToolchain}`, "--version"]) !== undefined,
    run: () => must("rustup", ["toolchain", "install", fuzzToolchain, "--profile", "minimal"]),
    whatToDoIfItFails: "The fuzzer needs nightly Rust. Install it: rustup toolchain install nightly",
  }),

  cargoFuzz: () => cargoTool("cargo-fuzz", ["cargo-fuzz"], CARGO_FUZZ),

  llvmTools: () => ({
    name: "LLVM tools of Rust",
    isDone: () => answer("rustup", ["component", "list", "--installed"])?.includes("llvm-tools") ?? false,
    run: () => must("rustup", ["component", "add", "llvm-tools"]),
    whatToDoIfItFails: "Add the component to this Rust: rustup component add llvm-tools",
  }),

  cargoLlvmCov: () =>
    cargoTool("cargo-llvm-cov", ["cargo-llvm-cov"], CARGO_LLVM_COV, { subcommand: ["llvm-cov"] }),

  cargoMutants: () =>
    cargoTool("cargo-mutants", ["cargo-mutants"], CARGO_MUTANTS, { subcommand: ["mutants"] }),
};

/** The prerequisites for building the package and running the Worker. */
export const forBuild = ["packages", "rust", "wasm32", "bindgen"];

/**
 * Installs the named prerequisites, in the order of the table above. One that is already installed takes almost no
 * time.
 */
export async function setUp(wanted) {
  console.log("set-up");
  for (const [key, step] of Object.entries(needs)) {
    if (!wanted.includes(key)) continue;
    const { name, isDone, run, whatToDoIfItFails } = step();
    await line(name, async () => {
      if (isDone()) return "there";
      try {
        await run();
      } catch (error) {
        if (error instanceof Failure) error.advice ??= whatToDoIfItFails;
        throw error;
      }
    });
  }
}

// node scripts/setup.mjs [need …]
await command(import.meta, (wanted) => {
  const unknown = wanted.find((need) => !(need in needs));
  if (unknown) throw new Failure(`Unknown need ${unknown}; available: ${Object.keys(needs).join(", ")}`);
  return setUp(wanted.length ? wanted : forBuild);
});
