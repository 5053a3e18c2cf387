// npm run fuzz [-- --seconds N] [target …]: runs all fuzz targets, or the named ones, one after another. New inputs are
// kept in fuzz/corpus/, which is not part of the repository; `cargo test --test fuzz` repeats those in fuzz/seeds/.

import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { Failure, follow, must } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";
import { fuzzToolchain, setUp } from "./setup.mjs";

await command(import.meta, async (args) => {
  const { values, positionals } = parseArgs({
    args,
    options: { seconds: { type: "string", default: "60" } },
    allowPositionals: true,
  });
  if (!/^[1-9]\d*$/.test(values.seconds)) throw new Failure("--seconds must be a positive integer");

  await setUp(["rust", "fuzzRust", "cargoFuzz"]);
  const listed = await must("cargo", [`+${fuzzToolchain}`, "fuzz", "list"]);
  const known = listed.split("\n").filter(Boolean);
  const unknown = positionals.find((target) => !known.includes(target));
  if (unknown) throw new Failure(`Unknown fuzz target ${unknown}; available: ${known.join(", ")}`);
  if (known.length === 0) throw new Failure("fuzz/ contains no target");

  for (const target of positionals.length ? positionals : known) {
    console.log(`fuzz ${target}, ${values.seconds} s`);
    const corpus = at("fuzz", "corpus", target);
    mkdirSync(corpus, { recursive: true });
    await follow("cargo", [
      `+${fuzzToolchain}`,
      "fuzz",
      "run",
      // The crate has no unsafe code for a sanitizer to check.
      "--sanitizer=none",
      target,
      corpus,
      at("fuzz", "seeds", target),
      "--",
      `-max_total_time=${values.seconds}`,
    ]);
  }
});
