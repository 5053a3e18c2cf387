// `npm start` in the background, and a signal to the process that the shell knows: all processes end, and nothing is
// left of the ledger.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { start, stopAll } from "../../scripts/lib/process.mjs";
import { projectEnv } from "../../scripts/lib/project.mjs";
import { freePort } from "../support/programs.mjs";

const orders = new Set();

// A signal that npm forwards, and one that it cannot forward.
for (const signal of ["SIGTERM", "SIGKILL"]) {
  test(`npm start ends with ${signal} and frees its ports`, async (t) => {
    const temporary = mkdtempSync(join(tmpdir(), "cloudauth-edge-test-"));
    t.after(async () => {
      await stopAll();
      rmSync(temporary, { recursive: true, force: true });
    });
    const states = () => readdirSync(temporary).filter((name) => name.startsWith("cloudauth-edge-start-"));
    const ports = [await freePort(), await freePort()];
    const env = {
      ...projectEnv(),
      PORT: String(ports[0]),
      SANDBOX_PORT: String(ports[1]),
      TMPDIR: temporary,
    };
    const npm = start("npm", ["start", "--", "--sandbox"], { env });
    const ended = once(npm, "exit");
    // The pipe ends when no process can write to it any more.
    const silent = once(npm.stdout, "end");
    let output = "";
    npm.stderr.on("data", (chunk) => (output += chunk));
    await new Promise((resolve, reject) => {
      npm.stdout.setEncoding("utf8").on("data", (chunk) => {
        output += chunk;
        if (output.includes("Press Ctrl-C to stop.")) resolve();
      });
      ended.then(() => reject(new Error(`It did not start:\n${output}`)));
    });
    for (const port of ports) assert.ok(await listens(port), output);
    // The order number has not been used before.
    const order = /"outerOrderNo":"([0-9a-f]{32})"/.exec(output)?.[1];
    assert.ok(order && !orders.has(order), output);
    orders.add(order);
    assert.equal(states().length, 1);

    npm.kill(signal);
    await Promise.all([ended, silent]);
    for (const port of ports) assert.ok(!(await listens(port)), `${port} is in use`);
    assert.deepEqual(states(), []);
  });
}

async function listens(port) {
  const socket = connect({ host: "127.0.0.1", port });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
