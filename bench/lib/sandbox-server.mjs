// The sandbox as a server in its own process; reports its memory on request.

import { createSandbox } from "cloudauth-edge/sandbox";
import { openAccount } from "./input.mjs";

const sandbox = createSandbox({ accounts: [openAccount] });
const { url } = await sandbox.listen();
process.send(url);
process.on("message", () => {
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send({ rss, heapUsed, cpuMicros: user + system });
});
process.on("disconnect", () => process.exit());
