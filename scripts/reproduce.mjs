// npm run reproduce: builds everything here and in a copy of the sources in another folder, and compares the
// published files one by one.

import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { build } from "./build.mjs";
import { Failure, must } from "./lib/process.mjs";
import { command, line } from "./lib/progress.mjs";
import { at, filesUnder, projectEnv, root } from "./lib/project.mjs";
import { tracked } from "./lib/tracked.mjs";
import { forBuild, setUp } from "./setup.mjs";

/** The folders with build output. */
const BUILT = [join("pkg", "wasm"), join("pkg", "dist"), join("www", "dist"), join("server", "dist")];
/** What setup installs; both builds use the same. */
const INSTALLED = ["node_modules", ".tools"];

function hashes(from) {
  const files = BUILT.flatMap((folder) => filesUnder(join(from, folder)));
  const hash = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");
  return new Map(files.map((file) => [relative(from, file), hash(file)]));
}

await command(import.meta, async () => {
  await setUp(forBuild);
  await build();
  const elsewhere = mkdtempSync(join(tmpdir(), "another-folder-"));
  try {
    for (const file of tracked()) cpSync(at(file), join(elsewhere, file), { recursive: true });
    for (const folder of INSTALLED) symlinkSync(at(folder), join(elsewhere, folder));
    await line("the same in another folder", async () => {
      await must("node", ["scripts/build.mjs"], { cwd: elsewhere, env: projectEnv() });
    });

    const [here, there] = [hashes(root), hashes(elsewhere)];
    const names = [...new Set([...here.keys(), ...there.keys()])].sort();
    for (const name of names.filter((each) => each.endsWith(".wasm")))
      console.log(`${here.get(name)}  ${name}`);
    const differing = names.filter((name) => here.get(name) !== there.get(name));
    if (differing.length > 0)
      throw new Failure("Two builds of the same sources differ.", {
        output: differing.map((name) => `${name}\n  ${here.get(name)}\n  ${there.get(name)}`).join("\n"),
        advice: "Find what the build takes from its folder: a path, an order of files, a time.",
      });
    console.log(`${names.length} files are the same, byte for byte`);
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});
