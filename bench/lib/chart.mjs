// Draws bench/results.svg: the marked tables as bars, readable on light and dark pages.

const WIDTH = 760;
const NAMES = 210;
const BARS = 400;
const ROW = 22;
const HEAD = 40;
const GAP = 18;

const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
const shown = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });

/** One table: a bar per row, with a line from minimum to maximum. */
function bars({ chart: { key, title }, rows }, top) {
  const present = rows.filter(({ metrics }) => Number.isFinite(metrics[key]?.median));
  const scale = BARS / Math.max(...present.map(({ metrics }) => metrics[key].most));
  const lines = present.map(({ name, metrics, rounds }, at) => {
    const { median, least, most } = metrics[key];
    const y = top + HEAD + at * ROW;
    const middle = y + ROW / 2;
    const [from, to] = [least, most].map((value) => (NAMES + Math.max(0, value) * scale).toFixed(1));
    const kind = name.startsWith("cloudauth-edge") ? "ours" : "other";
    return [
      `<text x="${NAMES - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>`,
      `<rect class="${kind}" x="${NAMES}" y="${y + 3}" width="${Math.max(1, median * scale).toFixed(1)}" height="${ROW - 6}" rx="2"/>`,
      rounds > 1 ? `<path d="M${from} ${middle}H${to}"/>` : "",
      `<text x="${Math.max(Number(to), NAMES + median * scale) + 8}" y="${middle + 4}">${shown(median)}</text>`,
    ].join("");
  });
  return {
    height: HEAD + present.length * ROW + GAP,
    text: `<text class="title" x="0" y="${top + 24}">${escaped(title)}</text>${lines.join("")}`,
  };
}

export function chart(parts) {
  let height = 0;
  const drawn = parts
    .flatMap(({ tables }) => tables)
    .filter((table) => table.chart)
    .map((table) => {
      const { height: added, text } = bars(table, height);
      height += added;
      return text;
    });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 0 ${WIDTH + 32} ${height}" width="${WIDTH + 32}" height="${height}" role="img" aria-label="Results of npm run bench">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; font-size: 14px; }
.ours { fill: #0a6ebd; }
.other { fill: #afb8c1; }
path { stroke: #57606a; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .ours { fill: #4aa3ef; }
  .other { fill: #57606a; }
  path { stroke: #b1bac4; }
}
</style>
${drawn.join("\n")}
</svg>
`;
}
