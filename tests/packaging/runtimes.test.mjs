// import and require() of the installed package on Node, Bun and Deno, and in a server bundle.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { consumer } from "./lib/consumer.mjs";
import { assertVerified, printed } from "./lib/expected.mjs";
import { bun, deno, node } from "./lib/runtimes.mjs";
import { startSandbox } from "./lib/servers.mjs";
import { faultServer, pending } from "../support/fault-server.mjs";

const { endpoint, seen } = await startSandbox();
const [esm, cjs] = [await consumer("esm"), await consumer("cjs")];
/** Deno grants only listed permissions: the client needs the network; the project reads SANDBOX. */
const denoRun = ["run", "--quiet", "--no-prompt", "--cached-only"];

const runtimes = {
  "Node 20": { program: () => node(20), version: /^v20\./ },
  "Node 22": { program: () => node(22), version: /^v22\./ },
  "Node 24": { program: () => node(24), version: /^v24\./ },
  "Node 26": { program: () => node(26), version: /^v26\./ },
  Bun: { program: bun, version: /^1\./ },
  Deno: {
    program: deno,
    version: /^deno 2\./,
    args: [...denoRun, `--allow-net=${new URL(endpoint).host}`, "--allow-env=SANDBOX"],
    forSandbox: [...denoRun, "--allow-net=127.0.0.1"],
    // import() in a CommonJS file returns the same as require().
    oneCopy: true,
  },
};

for (const [name, { program, version, args = [], forSandbox = args, oneCopy = false }] of Object.entries(
  runtimes,
)) {
  test(name, async (t) => {
    const run = (project, file) =>
      project.must(program(), [...(file === "sandbox.js" ? forSandbox : args), file], {
        SANDBOX: endpoint,
        DENO_DIR: join(project.folder, ".deno"),
      });
    assert.match(await esm.must(program(), ["--version"]), version);
    await t.test("import", async () => {
      const [result] = printed(await run(esm, "main.js"));
      await assertVerified(result, seen);
    });
    await t.test("require", async () => {
      const [{ acrossCopies, ...result }] = printed(await run(cjs, "main.js"));
      await assertVerified(result, seen);
      assert.deepEqual(acrossCopies, { guard: true, instanceOf: oneCopy });
    });
    for (const project of [esm, cjs]) {
      await t.test(`the sandbox in its process, by ${project === esm ? "import" : "require"}`, async () => {
        for (const [result, verification] of printed(await run(project, "sandbox.js"), 2))
          await assertVerified(result, () => verification);
      });
    }
  });
}

// Some runtimes repeat requests by themselves.
for (const name of ["Node 24", "Bun", "Deno"]) {
  const { program, forSandbox = [] } = runtimes[name];
  test(`${name} sends a start once, however the connection ends`, async () => {
    for (const end of ["destroy", "resetAndDestroy", "close"]) {
      await using server = await faultServer(pending, ({ socket }) => {
        if (end === "close") server.refuse();
        socket[end === "close" ? "destroy" : end]();
      });
      const run = [...forSandbox, "lost-start.js", server.endpoint];
      const env = { DENO_DIR: join(esm.folder, ".deno") };
      const [{ execution }] = printed(await esm.must(program(), run, env));
      const received = server.requests.map(({ form }) => form.get("Action"));
      assert.deepEqual([execution, received], ["unknown", ["DescribeFaceVerify", "InitFaceVerify"]], end);
      // On a connection from its pool, Bun 1.1 to 1.3 send a start again.
      const [query, start] = server.requests;
      if (name === "Bun") assert.notEqual(start.port, query.port, end);
    }
  });
}

// As for a cloud function: one file, without node_modules.
for (const format of ["esm", "cjs"]) {
  test(`bundled for Node by esbuild as ${format}`, async (t) => {
    const project = await consumer(format === "esm" ? "esm" : "cjs");
    const extension = format === "esm" ? "mjs" : "cjs";
    for (const name of ["main", "sandbox"]) {
      const options = ["--bundle", "--minify", "--platform=node", `--format=${format}`];
      await project.must("esbuild", [`${name}.js`, ...options, `--outfile=bundle/${name}.${extension}`]);
    }
    rmSync(join(project.folder, "node_modules"), { recursive: true });
    const run = (name) =>
      project.must(node(20), [join("bundle", `${name}.${extension}`)], { SANDBOX: endpoint });

    await t.test("the client", async () => {
      const [{ acrossCopies: _, ...result }] = printed(await run("main"));
      await assertVerified(result, seen);
    });
    await t.test("the sandbox", async () => {
      for (const [result, verification] of printed(await run("sandbox"), 2))
        await assertVerified(result, () => verification);
    });
  });
}

// Rollup's defaults name no runtime; the resulting entry point works on Node like Node's own.
test("bundled for Node by Rollup's defaults", async () => {
  const project = await consumer("rollup", { withTools: true });
  await project.must("npm", ["run", "build"]);
  rmSync(join(project.folder, "node_modules"), { recursive: true });
  const [result] = printed(await project.must(node(20), [join("dist", "main.js")], { SANDBOX: endpoint }));
  await assertVerified(result, seen);
});
