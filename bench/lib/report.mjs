// Writes bench/results.md.

import { ENOUGH, OTHERS_LIMIT, ROUNDS, SPREAD_LIMIT } from "./measure.mjs";

const percent = (share) => `${Math.round(share * 100)} %`;

/** Three significant digits, at most two decimals. */
function figure(value) {
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const digits = Math.max(0, Math.min(2, 2 - Math.floor(Math.log10(Math.abs(value) || 1))));
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The median, with the range if there is more than one round. */
const cell = ({ median, least, most, spread } = {}, rounds) =>
  rounds > 1 && Number.isFinite(median)
    ? `**${figure(median)}** (${figure(least)}–${figure(most)}, ±${percent(spread)})`
    : figure(median);

function tableText({ title, columns, rows, ratio, note }) {
  const base = ratio && rows.find(({ name }) => name === ratio.of)?.metrics[ratio.key].median;
  const heads = ["", ...Object.values(columns), ...(ratio ? [ratio.label] : [])];
  const lines = rows.map(({ name, metrics, rounds, noisy }) => {
    const cells = Object.keys(columns).map((key) => cell(metrics[key], rounds));
    const own = ratio && metrics[ratio.key]?.median;
    return [
      noisy ? `${name} ~` : name,
      ...cells,
      ...(ratio ? [Number.isFinite(own) ? `× ${(own / base).toFixed(2)}` : "–"] : []),
    ];
  });
  const row = (cells) => `| ${cells.join(" | ")} |`;
  return [
    ...(title ? [`**${title}**`, ""] : []),
    row(heads),
    row(heads.map((_, at) => (at === 0 ? "---" : "--:"))),
    ...lines.map(row),
    ...(note ? ["", note] : []),
    "",
  ].join("\n");
}

/** Whether a part contains noisy results. */
export const isNoisy = ({ tables }) => tables.some(({ rows }) => rows.some(({ noisy }) => noisy));

/**
 * @param {{ machine: object, parts: { title: string, about: string, tables: object[], date: string }[] }} run
 */
export function report({ machine, parts }) {
  const noisy = parts.filter(isNoisy).map(({ title }) => title);
  return `# What npm run bench measured

Written by \`npm run bench\`; [docs/performance.md](../docs/performance.md) explains how it measures and what was tried.

${Object.entries(machine)
  .map(([name, value]) => `- ${name}: ${value}`)
  .join("\n")}

Each contestant has its own process. After a warm-up round, the contestants are measured in turn, for ${ROUNDS} rounds in
most tables and at least ${ENOUGH}. **Median** (minimum–maximum, ± the interquartile range relative to the median). A round in
which other programs used more than ${percent(OTHERS_LIMIT)} of the machine is disturbed: it is repeated and, once there are
${ENOUGH} undisturbed ones, discarded. A name with ~ is noisy: its interquartile range exceeds ${percent(SPREAD_LIMIT)}, or
disturbed rounds had to be counted. ${
    noisy.length > 0
      ? `**This run is noisy in: ${noisy.join(", ")}.** Differences smaller than the spread are not significant.`
      : "Nothing in this run is noisy."
  }

![The main figures as bars](results.svg)

${parts
  .map(
    ({ title, about, date, tables }) =>
      `## ${title}\n\n${about}\n\nMeasured ${date}.\n\n${tables.map(tableText).join("\n")}`,
  )
  .join("\n")}`;
}

/** The same for a terminal, without ranges. */
export function print({ title, tables }) {
  for (const { title: heading, columns, rows, note } of tables) {
    console.log(`\n${title}${heading ? `: ${heading}` : ""}`);
    console.table(
      Object.fromEntries(
        rows.map(({ name, metrics, noisy }) => [
          noisy ? `${name} ~` : name,
          Object.fromEntries(
            Object.entries(columns).map(([key, label]) => [label, figure(metrics[key]?.median)]),
          ),
        ]),
      ),
    );
    if (note) console.log(note);
  }
}
