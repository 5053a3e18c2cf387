// Runs every program in docs/sdk/ unchanged except for the port.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { at, python, root } from "../../scripts/lib/project.mjs";
import { createSandbox } from "../../pkg/dist/sandbox.js";
import { goLibraries, javaLibraries } from "./clients.mjs";

const LIMIT_MS = 4 * 60_000;
const pages = at("docs", "sdk");
const run = promisify(execFile);

const javaPage = {
  language: "java",
  ...javaLibraries(),
  command(program, folder) {
    const file = join(folder, "FaceVerify.java");
    writeFileSync(file, program);
    return ["java", "-cp", this.classpath(), file];
  },
  declared: readFileSync(at("tests", "conformance", "java", "pom.xml"), "utf8"),
};
const goPage = {
  language: "go",
  ...goLibraries(),
  command(program, folder) {
    for (const file of ["go.mod", "go.sum"])
      copyFileSync(at("tests", "conformance", "go", file), join(folder, file));
    writeFileSync(join(folder, "main.go"), program);
    return ["go", "run", "-C", folder, "."];
  },
  declared: readFileSync(at("tests", "conformance", "go", "go.mod"), "utf8"),
};
const pythonPage = {
  language: "python",
  command: (program) => [python, "-c", program],
  declared: readFileSync(at("tests", "conformance", "python", "requirements.txt"), "utf8"),
};
const nodePage = {
  language: "js",
  command: (program) => [process.execPath, "--input-type=module", "--eval", program],
  declared: readFileSync(at("package.json"), "utf8"),
};

/**
 * How to run the program of each page; `null` for programs that are not run, whose pages say so and
 * why.
 */
const howToRun = {
  "java-old.md": javaPage,
  "java-new.md": javaPage,
  "python-old.md": pythonPage,
  "python-new.md": pythonPage,
  "node-old.md": nodePage,
  "node-new.md": nodePage,
  "go-old.md": goPage,
  "go-new.md": goPage,
  "php.md": null,
  "csharp.md": null,
};

const read = (name) => readFileSync(join(pages, name), "utf8");
const blocks = (page, language) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(([, text]) => text);

test("every SDK page is tested", () => {
  assert.deepEqual(readdirSync(pages).sort(), Object.keys(howToRun).sort());
});

for (const [name, how] of Object.entries(howToRun)) {
  if (!how) {
    test(`${name} says that it was not run`, () => assert.match(read(name), /\*\*Not tested\*\*: .+/));
    continue;
  }
  describe(name, { skip: how.missing }, () => {
    const sandbox = createSandbox();
    const folder = mkdtempSync(join(tmpdir(), "sdk-page-"));
    let port;

    before(async () => ({ port } = await sandbox.listen()));
    after(async () => {
      rmSync(folder, { recursive: true });
      await sandbox.close();
    });

    const page = read(name);
    const [lines, program] = blocks(page, how.language);

    test("the settings it lists are those of its program", () => {
      const set = program.split("\n").map((text) => text.trim());
      for (const text of lines.trim().split("\n")) assert.ok(set.includes(text.trim()), text);
    });

    test("the versions it names are those tested", () => {
      const versions = [
        ...page.matchAll(/<artifactId>(.+)<\/artifactId>\s*<version>(.+)<\/version>/g),
        ...page.matchAll(/(\S+)==(\S+)/g),
        ...page.matchAll(/go get (\S+)@(\S+)/g),
        ...page.matchAll(/(@alicloud\/\S+)@(\S+)/g),
      ];
      assert.ok(versions.length > 0);
      for (const [, library, version] of versions) {
        const declared = how.declared.split(library).slice(1);
        assert.ok(
          declared.some((text) => text.split("\n", 2).join("").includes(version)),
          `${library} ${version}`,
        );
      }
    });

    test("the program runs", async () => {
      const [command, ...args] = how.command(program.replaceAll("8788", String(port)), folder);
      const { stdout } = await run(command, args, {
        cwd: root,
        timeout: LIMIT_MS,
        env: { ...process.env, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1", GOFLAGS: "-mod=mod" },
      });
      const [{ certifyId, outerOrderNo }, ...more] = await sandbox.verifications();
      assert.equal(more.length, 0);
      assert.equal(stdout, `${certifyId}\nT 200\n`);
      assert.match(outerOrderNo, /^sandboxsub200/);
    });
  });
}
