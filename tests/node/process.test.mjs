// A program started by a command or a test ends with it, even if the latter is killed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

const processes = new URL("../../scripts/lib/process.mjs", import.meta.url).href;
const POLITE = "setInterval(() => {}, 1000); console.log(process.pid);";
const STUBBORN = `process.on("SIGTERM", () => {}); ${POLITE}`;
/** Starts another process in the same group, and ends: a leader may end before its children. */
const LEADER = `
  const { spawn } = require("node:child_process");
  spawn(process.execPath, ["--eval", ${JSON.stringify(POLITE)}], { stdio: "inherit" }).unref();`;

for (const [name, program] of Object.entries({ POLITE, STUBBORN, LEADER })) {
  test(`a ${name.toLowerCase()} child ends when the process that started it is killed`, async (t) => {
    const started = spawn(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `import { start } from ${JSON.stringify(processes)};
         start(process.execPath, ["--eval", ${JSON.stringify(program)}], { stdio: ["ignore", "inherit", "pipe"] });
         setInterval(() => {}, 1000);`,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    // The pipe ends when no process can write to it any more.
    const silent = once(started.stdout, "end");
    const pid = Number(await once(started.stdout, "data"));
    let gone = false;
    t.after(() => {
      started.stdout.destroy();
      if (!gone) process.kill(pid, "SIGKILL");
    });
    started.kill("SIGKILL");
    await silent;
    gone = true;
  });
}

test("a child that has ended is not looked after, and nothing keeps the process", async () => {
  const started = spawn(process.execPath, [
    "--input-type=module",
    "--eval",
    `import { must } from ${JSON.stringify(processes)};
     console.log((await must(process.execPath, ["--eval", "console.log('done')"])).trim());`,
  ]);
  started.stdout.setEncoding("utf8");
  let output = "";
  started.stdout.on("data", (text) => (output += text));
  assert.deepEqual(await once(started, "close"), [0, null]);
  assert.equal(output, "done\n");
});
