// npm run bench [-- part …]: installs the benchmark packages, builds, and runs bench/run.mjs with the project's Node.

import { build } from "./build.mjs";
import { follow } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";
import { forBuild, setUp } from "./setup.mjs";

await command(import.meta, async (args) => {
  await setUp([...forBuild, "peers"]);
  await build();
  await follow("node", [at("bench", "run.mjs"), ...args]);
});
