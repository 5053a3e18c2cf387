import { t } from "../text";
import { days, type Day } from "./state";

const HEIGHT = 90;
const STEP = 40;
const BAR = 26;
/** For the date below the last bar, which is wider than its day. */
const MARGIN = 10;

/** Orders by day. The drawing is for the eye; a table says the same to screen readers. */
export function Chart({ count }: { count: string }) {
  const text = t.value.ledger;
  const words = t.value.walkthrough.standing;
  const all = days.value;
  const most = Math.max(1, ...all.map((day) => day.passed + day.rejected + day.other));
  const kinds = ["passed", "rejected", "other"] as const;
  const names = { passed: words.passed, rejected: words.rejected, other: text.others };
  return (
    <figure class="card chart">
      <figcaption>
        <h2>{text.perDay}</h2>
        <p class="muted small">{text.perDayOf(count)}</p>
        <ul class="legend" aria-hidden="true">
          {kinds.map((kind) => (
            <li key={kind}>
              <span class={`swatch ${kind}`} />
              {names[kind]}
            </li>
          ))}
        </ul>
      </figcaption>
      <svg viewBox={`${-MARGIN} 0 ${all.length * STEP + 2 * MARGIN} ${HEIGHT + 34}`} aria-hidden="true">
        {all.map((day, index) => (
          <Bar
            key={day.date}
            day={day}
            x={index * STEP + (STEP - BAR) / 2}
            scale={HEIGHT / most}
            dated={(all.length - index) % 2 === 1}
          />
        ))}
        <line x1="0" x2={all.length * STEP} y1={HEIGHT + 14.5} y2={HEIGHT + 14.5} class="axis" />
      </svg>
      <table class="hidden">
        <caption>{text.perDay}</caption>
        <thead>
          <tr>
            <th scope="col">{text.created}</th>
            <th scope="col">{words.passed}</th>
            <th scope="col">{words.rejected}</th>
            <th scope="col">{text.others}</th>
          </tr>
        </thead>
        <tbody>
          {all.map((day) => (
            <tr key={day.date}>
              <th scope="row">{day.date}</th>
              <td>{day.passed}</td>
              <td>{day.rejected}</td>
              <td>{day.other}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

/** Where there is little room, only every other day is `dated`. */
function Bar({ day, x, scale, dated }: { day: Day; x: number; scale: number; dated: boolean }) {
  const total = day.passed + day.rejected + day.other;
  let y = HEIGHT + 14;
  const piece = (kind: "passed" | "rejected" | "other") => {
    const height = day[kind] * scale;
    y -= height;
    return height > 0 ? <rect x={x} y={y} width={BAR} height={height} class={kind} /> : null;
  };
  return (
    <g>
      {piece("passed")}
      {piece("rejected")}
      {piece("other")}
      {total > 0 && (
        <text x={x + BAR / 2} y={y - 4} class="total">
          {total}
        </text>
      )}
      <text x={x + BAR / 2} y={HEIGHT + 29} class={dated ? "date" : "date wide-only"}>
        {`${Number(day.date.slice(5, 7))}-${day.date.slice(8)}`}
      </text>
    </g>
  );
}
