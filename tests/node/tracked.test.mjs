// The list of the project's files, for a project in another folder.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { at } from "../../scripts/lib/project.mjs";

test("deleted files are left out, and names are not quoted", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const file of ["project.mjs", "tracked.mjs"])
    cpSync(at("scripts", "lib", file), join(folder, "scripts", "lib", file));
  for (const file of ["网关.md", "deleted.md", "ignored.md"]) writeFileSync(join(folder, file), "");
  writeFileSync(join(folder, ".gitignore"), "ignored.md\n");
  const git = (...args) => execFileSync("git", args, { cwd: folder });
  git("init", "--quiet");
  git("add", ".");
  rmSync(join(folder, "deleted.md"));
  writeFileSync(join(folder, "new.md"), "");
  const { tracked } = await import(join(folder, "scripts", "lib", "tracked.mjs"));
  assert.deepEqual(tracked("*.md").sort(), ["new.md", "网关.md"]);
});
