// Programs that tests start: their environment, their addresses and their ends.

import { once } from "node:events";
import { createServer } from "node:net";
import { IS_SETTING } from "../../host/core.js";
import { at, projectEnv } from "../../scripts/lib/project.mjs";

export const gatewayProgram = at("server", "dist", "cloudauth-edge-gateway.js");

/** The environment of the project's tools, without settings of a gateway. */
export function bareEnv() {
  const others = Object.entries(projectEnv()).filter(([name]) => !IS_SETTING.test(name));
  return Object.fromEntries(others);
}

/** A port on which nothing listens. Another program may take it at any time, so prefer port 0 where possible. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/**
 * Waits until a program has printed its address. The result does not depend on how busy the machine is: if the program
 * prints nothing, the runner's time limit ends the test.
 *
 * @param {RegExp} pattern of whole lines; its first group is the address
 */
export function address(child, pattern) {
  return new Promise((resolve, reject) => {
    let output = "";
    let found;
    const failed = (why) => reject(new Error(`The program ${why}:\n${output}`));
    child.once("error", (error) => failed(error.message));
    child.once("close", (code) => failed(`ended with code ${code}`));
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk) => {
        if (found) return;
        output += chunk;
        // The rest of a line may be still to come.
        found = output.slice(0, output.lastIndexOf("\n") + 1).match(pattern);
        if (found) resolve(found[1]);
      });
  });
}

/** Ends a process group with SIGTERM, and with SIGKILL after five seconds. */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  process.kill(-child.pid, "SIGTERM");
  const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), 5_000);
  await closed;
  clearTimeout(timer);
}
