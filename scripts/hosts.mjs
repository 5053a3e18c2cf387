// Type-checks the JavaScript of the hosts: the Workers, the Node server, and what they share. Part of the lint.

import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { must } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";

/**
 * A folder in which the hosts stand next to the sources of what they import, whether that is built or not: the
 * compiler would otherwise read the generated JavaScript, which has no types.
 */
const folder = at("target", "hosts");
const links = {
  host: at("host"),
  server: at("server"),
  worker: at("worker"),
  "worker.js": at("worker.js"),
  "pkg/dist": at("pkg", "src"),
};

await command(import.meta, async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "pkg"), { recursive: true });
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name));
  await must("tsc", ["--project", join(folder, "host")], {
    advice: "Fix the errors that TypeScript reports above.",
  });
});
