// The gateway as one Node process.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../server/dist/cloudauth-edge-gateway.js", import.meta.url));
/** A folder in memory, if the system has one. */
const MEMORY = "/dev/shm";
const running = new Map();
process.on("exit", () => {
  for (const [child, folder] of running) {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});

/**
 * Starts it with an empty SQLite database, in memory by default, on disk with `onDisk`; or with `database`, the
 * connection string of a PostgreSQL database. Its log is discarded.
 */
export async function startNode(settings, { onDisk = false, database } = {}) {
  const place = !onDisk && existsSync(MEMORY) ? MEMORY : tmpdir();
  const folder = mkdtempSync(join(place, "cloudauth-edge-bench-"));
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    env: {
      ...process.env,
      ...settings,
      GATEWAY_LISTEN: "127.0.0.1:0",
      GATEWAY_METRICS_LISTEN: "off",
      GATEWAY_DATABASE: database ?? join(folder, "gateway.db"),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.set(child, folder);
  const closed = once(child, "close");
  const ended = closed.then(([code]) => {
    throw new Error(`the gateway ended with code ${code}`);
  });
  ended.catch(() => {}); // handled while it starts
  const [line] = await Promise.race([once(child.stdout.setEncoding("utf8"), "data"), ended]);
  child.stdout.resume();
  return {
    url: JSON.parse(line).listening,
    pid: child.pid,
    async close() {
      child.kill();
      await closed;
      running.delete(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
