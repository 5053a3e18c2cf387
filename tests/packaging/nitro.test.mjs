// The installed package in a server built with Nitro, as Nuxt's servers are.

import { join } from "node:path";
import { test } from "node:test";
import { consumer } from "./lib/consumer.mjs";
import { assertVerified } from "./lib/expected.mjs";
import { ask, startSandbox } from "./lib/servers.mjs";
import { address } from "../support/programs.mjs";

const { endpoint, seen } = await startSandbox();

/** The presets, and how to serve their output. */
const presets = {
  "node-server": [["node", join(".output", "server", "index.mjs")], { HOST: "127.0.0.1", PORT: "0" }],
  "cloudflare-module": [
    [
      "wrangler",
      "dev",
      "--config=.output/server/wrangler.json",
      "--ip=127.0.0.1",
      "--port=0",
      "--inspector-port=0",
    ],
  ],
};

for (const [preset, [[program, ...args], settings]] of Object.entries(presets)) {
  test(`Nitro for ${preset}`, async () => {
    const project = await consumer("nitro", { withTools: true });
    await project.must("nitropack", ["build", `--preset=${preset}`]);
    const server = project.start(program, args, settings);
    const url = await address(server, /(?:Listening|Ready) on (http:\S+)/);
    await assertVerified(await ask(url, `/?sandbox=${encodeURIComponent(endpoint)}`), seen);
  });
}
