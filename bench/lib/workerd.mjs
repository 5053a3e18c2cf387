// Workers in a bare workerd, without the development server in front of it.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import workerd from "workerd";

const root = fileURLToPath(new URL("../..", import.meta.url));
const COMPATIBILITY_DATE = "2026-11-01";
/** The module type of a Worker's file in workerd. */
const KINDS = { ".js": "esModule", ".wasm": "wasm", ".json": "text" };

/** A temporary folder for Workers, deleted with this process. */
const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-bench-"));
/** A folder in memory, if the system has one. */
const MEMORY = "/dev/shm";
const inMemory = existsSync(MEMORY) ? mkdtempSync(join(MEMORY, "cloudauth-edge-bench-")) : folder;
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const place of [folder, inMemory]) rmSync(place, { recursive: true, force: true });
});

/** The deployed form of the gateway: its modules and its Durable Object bindings. */
export async function gatewayWorker(settings) {
  const built = join(folder, "gateway");
  await promisify(execFile)("wrangler", ["deploy", "--dry-run", "--outdir", built], { cwd: root });
  return { built, settings, durableObjects: { LEDGER: "Ledger", PACER: "Pacer" } };
}

/** Imports of compiled modules as workerd knows them, without the suffix that other bundlers need. */
const compiledModules = {
  name: "compiled-modules",
  setup(build) {
    build.onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace("?module", "")),
    }));
  },
};

/** A Worker of `bench/workers/`, bundled as for a deployment. */
export async function plainWorker(name, settings, durableObjects = {}) {
  const built = join(folder, name);
  await build({
    entryPoints: { worker: fileURLToPath(new URL(`../workers/${name}.js`, import.meta.url)) },
    outdir: built,
    bundle: true,
    minify: true,
    format: "esm",
    conditions: ["workerd"],
    external: ["cloudflare:*"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    plugins: [compiledModules],
  });
  return { built, settings, durableObjects };
}

const text = JSON.stringify;

/** Files are relative to the configuration. */
function config({ built, settings, durableObjects }, disk) {
  const files = readdirSync(built).filter((name) => extname(name) in KINDS);
  // The first module is the Worker itself.
  files.sort((a, b) => Number(b === "worker.js") - Number(a === "worker.js"));
  const modules = files.map(
    (name) => `(name = ${text(name)}, ${KINDS[extname(name)]} = embed ${text(join(basename(built), name))})`,
  );
  const bindings = [
    ...Object.entries(settings).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...Object.entries(durableObjects).map(
      ([name, className]) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`,
    ),
  ];
  const namespaces = Object.values(durableObjects).map(
    (className) => `(className = ${text(className)}, uniqueKey = ${text(className)}, enableSql = true)`,
  );
  const storage = namespaces.length
    ? `durableObjectNamespaces = [${namespaces}], durableObjectStorage = (localDisk = "disk"),`
    : "";
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${modules}],
      bindings = [${bindings}],
      compatibilityDate = ${text(COMPATIBILITY_DATE)},
      ${storage}
      globalOutbound = "network",
    )),
    (name = "network", network = (allow = ["public", "private"])),
    (name = "disk", disk = (path = ${text(disk)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
}

let started = 0;

/**
 * Starts it with an empty disk, by default in memory; resolves to its `url` as soon as it listens.
 */
export async function startWorkerd(worker, { onDisk = false } = {}) {
  const disk = join(onDisk ? folder : inMemory, `disk-${++started}`);
  const file = join(folder, `config-${started}.capnp`);
  mkdirSync(disk);
  writeFileSync(file, config(worker, disk));
  const begun = performance.now();
  // Descriptor 3 reports the chosen port. The Workers' log is ignored.
  const child = spawn(workerd.default, ["serve", file, "--control-fd=3"], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  running.add(child);
  child.once("close", () => running.delete(child));
  const closed = once(child, "close");
  const ended = closed.then(([code]) => {
    throw new Error(`workerd ended with code ${code}`);
  });
  ended.catch(() => {}); // handled while it starts
  const port = (async () => {
    for await (const line of createInterface({ input: child.stdio[3] })) {
      const event = JSON.parse(line);
      if (event.event === "listen") return event.port;
    }
    return ended;
  })();
  return {
    url: `http://127.0.0.1:${await Promise.race([port, ended])}`,
    begun,
    pid: child.pid,
    async close() {
      child.kill();
      await closed;
      rmSync(disk, { recursive: true, force: true });
    },
  };
}
