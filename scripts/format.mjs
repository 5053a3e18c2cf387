// Formats every source file; `npm test` checks the result in its format suite.

import { must } from "./lib/process.mjs";
import { command, line } from "./lib/progress.mjs";
import { setUp } from "./setup.mjs";

await command(import.meta, async () => {
  await setUp(["packages", "rust", "rustLints"]);
  console.log("format");
  await line("Rust", () => must("cargo", ["fmt", "--all"]).then(() => undefined));
  await line("JavaScript, HTML, CSS, JSON", () => must("prettier", ["--write", "."]).then(() => undefined));
});
