// node scripts/setup.mjs [need …]: installs what the commands need beyond npm packages, on a machine with git, Node and
// rustup. Each step checks whether it is already done, performs it, and gives advice if it fails.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { NPM_ADVICE, npmCi, npmFolder } from "./install.mjs";
import { Failure, answer, must } from "./lib/process.mjs";
import { command, line } from "./lib/progress.mjs";
import { at, bindgen, browser, machineEnv, postgresPrograms, python, tools, which } from "./lib/project.mjs";
import { fingerprint, holds } from "./lib/stamp.mjs";

export const fuzzToolchain = "nightly";

const bindgenStamp = join(tools, "bindgen", ".built-from");
const bindgenSources = ["Cargo.lock", "src/main.rs"].map((file) => at("scripts", "bindgen", file));
const pythonStamp = join(tools, "python", ".installed-requirements");
const requirements = at("tests", "conformance", "python", "requirements.txt");
/** With the machine's Python, because another version of it does not find the installed packages. */
const pythonInputs = () => fingerprint([requirements], answer("python3", ["--version"]) ?? "");

/** The version of a crate in Cargo.lock. */
const lockedCrate = (wanted) =>
  parse(readFileSync(at("Cargo.lock"), "utf8")).package.find(({ name }) => name === wanted).version;

const RUSTUP_ADVICE =
  "Install Rust with rustup (see https://rustup.rs), open a new shell and run this command again.";
const CARGO_ADVICE = "Check that cargo can reach its registry, and run this command again.";

/** Something that rustup adds to the Rust of the machine. */
const rustup = (name, isDone, args, advice = `Run: rustup ${args.join(" ")}`) => ({
  name,
  advice,
  isDone,
  run: () => must("rustup", args),
});

/** A tool that cargo installs into the tools folder. `subcommand` precedes `--version` if the tool requires one. */
function cargoTool(crate, version, { binary = crate, subcommand = [] } = {}) {
  const args = ["install", crate, "--version", version];
  return {
    name: `${crate} ${version}`,
    advice: `Check that cargo can reach its registry, or install it manually: cargo ${args.join(" ")} --root .tools`,
    isDone: () =>
      answer(join(tools, "bin", binary), [...subcommand, "--version"])
        ?.split(/\s+/)
        .includes(version),
    // Without optimization: compiling the tool takes longer than everything it does. Without --locked: some registry
    // mirrors lack a dependency in wasm-bindgen-cli's lock file.
    run: () =>
      must("cargo", [...args, "--debug", "--root", tools, "--force"], {
        env: { ...machineEnv(), CARGO_PROFILE_DEV_DEBUG: "false" },
      }),
  };
}

/** npm packages in folders with their own lock files. */
function npmFolders(name, paths, dev) {
  const folders = paths.map((path) => npmFolder(at(path)));
  return {
    name,
    advice: NPM_ADVICE,
    isDone: () => folders.every((each) => each.isDone()),
    async run() {
      for (const { folder, markDone } of folders) {
        await must("npm", npmCi(dev), { env: machineEnv(), cwd: folder });
        markDone();
      }
    },
  };
}

/** Debian packages, which setup installs if the user has permission. */
function debian(name, packages, isDone, advice) {
  return {
    name,
    advice: `${advice[0]} (Debian: apt-get install ${packages.join(" ")}), or ${advice[1]}.`,
    isDone,
    async run() {
      const root = process.getuid?.() === 0;
      if (!which("apt-get") || !(root || answer("sudo", ["-n", "true"]) !== undefined))
        throw new Failure(`${name} is missing`);
      const env = { ...machineEnv(), DEBIAN_FRONTEND: "noninteractive" };
      const [program, ...first] = root ? ["apt-get"] : ["sudo", "-n", "apt-get"];
      await must(program, [...first, "update"], { env });
      await must(program, [...first, "install", "--yes", "--no-install-recommends", ...packages], { env });
      if (!isDone()) throw new Failure(`The packages are installed but contain no ${name}`);
    },
  };
}

/** All prerequisites by name. A step is created when a command asks for it. */
const needs = {
  rust: () => ({
    name: "Rust",
    advice: RUSTUP_ADVICE,
    isDone: () => answer("cargo", ["--version"]) !== undefined,
    run() {
      throw new Failure("cargo is not on the PATH");
    },
  }),

  rustLints: () =>
    rustup(
      "rustfmt and clippy",
      () => ["fmt", "clippy"].every((part) => answer("cargo", [part, "--version"]) !== undefined),
      ["component", "add", "rustfmt", "clippy"],
      RUSTUP_ADVICE,
    ),

  wasm32: () =>
    rustup(
      "wasm32 target",
      () =>
        existsSync(
          join(answer("rustc", ["--print", "sysroot"]) ?? "", "lib/rustlib/wasm32-unknown-unknown/lib"),
        ),
      ["target", "add", "wasm32-unknown-unknown"],
    ),

  bindgen: () => ({
    name: "wasm-bindgen for the build",
    advice: CARGO_ADVICE,
    isDone: () => existsSync(bindgen) && holds(bindgenStamp, fingerprint(bindgenSources)),
    async run() {
      const target = join(tools, "bindgen");
      await must("cargo", ["build", "--quiet", "--locked", "--target-dir", target], {
        cwd: at("scripts", "bindgen"),
      });
      writeFileSync(bindgenStamp, fingerprint(bindgenSources));
    },
  }),

  wasmTestRunner: () =>
    cargoTool("wasm-bindgen-cli", lockedCrate("wasm-bindgen"), { binary: "wasm-bindgen-test-runner" }),

  wasmPack: () => cargoTool("wasm-pack", "0.15.1"),

  browser: () =>
    debian(
      "Chromium and chromedriver",
      ["chromium", "chromium-driver"],
      () => Boolean(browser().chrome && browser().driver),
      ["Install Chromium and its chromedriver", "name them in CHROME_PATH and CHROMEDRIVER"],
    ),

  postgres: () =>
    debian("PostgreSQL", ["postgresql"], () => postgresPrograms() !== undefined, [
      "Install PostgreSQL's server",
      "put its initdb on the PATH",
    ]),

  // With the TypeScript that TypeDoc supports.
  reference: () => npmFolders("TypeDoc", ["scripts/reference"]),
  // It changes the package's TypeScript in one place at a time.
  stryker: () => npmFolders("Stryker", ["scripts/stryker"]),
  /** The runtimes and tools that the packed package is tested with. */
  consumers: () => npmFolders("runtimes and bundlers", ["tests/packaging", "tests/packaging/projects/next"]),
  peers: () => npmFolders("packages for the benchmarks", ["bench"]),
  // Without dev dependencies: wrangler is already installed.
  examples: () =>
    npmFolders(
      "packages of the examples",
      ["examples/node", "examples/express", "examples/hono-workers"],
      "--omit=dev",
    ),

  python: () => ({
    name: "Python SDKs of Alibaba Cloud",
    advice:
      "Install Python 3.8 or newer with its venv module (Debian: apt-get install python3 python3-venv).",
    isDone: () => existsSync(python) && holds(pythonStamp, pythonInputs()),
    async run() {
      await must("python3", ["-m", "venv", "--clear", join(tools, "python")]);
      await must(python, ["-m", "pip", "install", "--quiet", "--requirement", requirements], {
        advice: "Check that pip can reach its package index, and run this command again.",
      });
      writeFileSync(pythonStamp, pythonInputs());
    },
  }),

  fuzzRust: () =>
    rustup(
      "nightly Rust, for the fuzzer",
      () => answer("cargo", [`+${fuzzToolchain}`, "--version"]) !== undefined,
      ["toolchain", "install", fuzzToolchain, "--profile", "minimal"],
    ),
  cargoFuzz: () => cargoTool("cargo-fuzz", "0.13.2"),

  llvmTools: () =>
    rustup(
      "LLVM tools of Rust",
      () => answer("rustup", ["component", "list", "--installed"])?.includes("llvm-tools"),
      ["component", "add", "llvm-tools"],
    ),
  cargoLlvmCov: () => cargoTool("cargo-llvm-cov", "0.9.1", { subcommand: ["llvm-cov"] }),

  cargoMutants: () => cargoTool("cargo-mutants", "27.1.0", { subcommand: ["mutants"] }),
};

/** The prerequisites for building the package and running the Worker. */
export const forBuild = ["rust", "wasm32", "bindgen"];

/**
 * Installs the named prerequisites, in the order of the table above. One that is already installed takes almost no
 * time.
 */
export async function setUp(wanted) {
  console.log("set-up");
  for (const [key, step] of Object.entries(needs)) {
    if (!wanted.includes(key)) continue;
    const { name, isDone, run, advice } = step();
    await line(name, async () => {
      if (isDone()) return "there";
      try {
        await run();
      } catch (error) {
        if (error instanceof Failure) error.advice ??= advice;
        throw error;
      }
    });
  }
}

await command(import.meta, (wanted) => {
  const unknown = wanted.find((need) => !(need in needs));
  if (unknown) throw new Failure(`Unknown need ${unknown}; available: ${Object.keys(needs).join(", ")}`);
  return setUp(wanted.length ? wanted : forBuild);
});
