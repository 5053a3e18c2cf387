// Checks wording against .prose.json, and the spacing of Chinese text with autocorrect. Part of the lint.

import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { Failure } from "./lib/process.mjs";
import { command } from "./lib/progress.mjs";
import { at } from "./lib/project.mjs";
import { tracked } from "./lib/tracked.mjs";

const EXTENSIONS = /\.(md|rs|m?js|[mc]?tsx?|cts|py|java|html|toml|ya?ml)$/;
/** Third-party texts, and the pages that list the wordings themselves. */
const IGNORED = /^(CHANGELOG|CONTRIBUTING)\.md$|^LICENSE|^tests\/vectors\/|lock\.(json|yaml)$/;
const ALSO = ["worker/openapi.json"];

/** The places in a text that match a rule: `[line number, matched text, rule]`. */
export function faults(text, rules) {
  return text
    .split("\n")
    .flatMap((line, index) =>
      rules.flatMap((rule) => [...line.matchAll(rule.regExp)].map(([found]) => [index + 1, found, rule])),
    );
}

export function readRules() {
  const rules = JSON.parse(readFileSync(at(".prose.json"), "utf8"));
  return rules.map((rule) => ({ ...rule, regExp: new RegExp(rule.pattern, "giu") }));
}

/** Checks Chinese spacing; undefined if autocorrect has no binary for the platform. */
async function spacing(files) {
  const { lintFor, loadConfig } = await import("autocorrect-node").then(
    (module) => module.default ?? module,
    () => ({}),
  );
  if (!lintFor) return undefined;
  loadConfig(readFileSync(at(".autocorrectrc"), "utf8"));
  return files.flatMap((file) =>
    lintFor(readFileSync(at(file), "utf8"), extname(file)).lines.map(
      (line) => `${file}:${line.l} "${line.old.trim()}": write "${line.new.trim()}"`,
    ),
  );
}

await command(import.meta, async () => {
  const files = tracked().filter(
    (file) => (EXTENSIONS.test(file) || ALSO.includes(file)) && !IGNORED.test(file),
  );
  const rules = readRules();
  const wording = files.flatMap((file) =>
    faults(readFileSync(at(file), "utf8"), rules).map(
      ([line, found, { use }]) => `${file}:${line} "${found}": write ${use}`,
    ),
  );
  const spaces = await spacing(files.filter((file) => /zh-CN\.md$|\/zh\.ts$|-words\.js$/.test(file)));
  const found = [...wording, ...(spaces ?? [])];
  if (found.length > 0) {
    throw new Failure(`${found.length} wordings differ from the style in CONTRIBUTING.md.`, {
      output: found.join("\n"),
      advice: "Rewrite these sentences; .prose.json lists the rules.",
    });
  }
  console.log(`${files.length} files follow .prose.json`);
  if (!spaces) console.log("Chinese spacing was not checked: autocorrect has no binary for this platform");
});
