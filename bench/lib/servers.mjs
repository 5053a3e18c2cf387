// Servers in their own processes, for the duration of some work.

import { fork } from "node:child_process";
import { once } from "node:events";

/** @param {string} program a file in this folder, which sends its address first */
export async function withServer(program, work) {
  const child = fork(new URL(program, import.meta.url), { execArgv: ["--expose-gc"] });
  try {
    const [url] = await once(child, "message");
    return await work(url, child);
  } finally {
    if (child.connected) child.disconnect();
  }
}
