import { number, t, zone } from "../text";
import { days, type Day } from "./state";

const KINDS = ["other", "rejected", "passed"] as const;
/** Maximum number of dates and totals around the bars. */
const LABELS = 14;
const TOTALS_UP_TO = 31;

const total = (day: Day) => day.passed + day.rejected + day.other;

/**
 * Orders by day, over everything that the filter selects. The drawing is visual only; screen
 * readers get a table.
 */
export function Chart() {
  const text = t.value.ledger;
  const words = t.value.walkthrough.standing;
  const all = days.value;
  if (!all) return null;
  const most = Math.max(1, ...all.map(total));
  const every = Math.ceil(all.length / LABELS);
  const names = { passed: words.passed, rejected: words.rejected, other: text.others };
  const sum = number(all.reduce((sum, day) => sum + total(day), 0));
  return (
    <figure class="card chart">
      <figcaption>
        <h2>{text.perDay}</h2>
        <p class="muted small">{text.perDayOf(sum, zone())}</p>
        <ul class="legend" aria-hidden="true">
          {[...KINDS].reverse().map((kind) => (
            <li key={kind}>
              <span class={`swatch ${kind}`} />
              {names[kind]}
            </li>
          ))}
        </ul>
      </figcaption>
      <div class={all.length > TOTALS_UP_TO ? "bars dense" : "bars"} aria-hidden="true">
        {all.map((day, index) => {
          const back = all.length - 1 - index;
          return (
            <div key={day.date} class="bar" title={`${day.date}: ${number(total(day))}`}>
              {all.length <= TOTALS_UP_TO && total(day) > 0 && (
                <span class="total">{number(total(day))}</span>
              )}
              {KINDS.map((kind) =>
                day[kind] > 0 ? (
                  <span
                    key={kind}
                    class={`piece ${kind}`}
                    style={{ height: `${(day[kind] / most) * 100}px` }}
                  />
                ) : null,
              )}
              <span class="date">
                {back % every === 0 && (
                  <span class={back % (2 * every) ? "wide-only" : back % (4 * every) ? "dense-date" : ""}>
                    {`${Number(day.date.slice(5, 7))}-${day.date.slice(8)}`}
                  </span>
                )}
              </span>
            </div>
          );
        })}
      </div>
      {/* A table is as wide as its words, even where it is hidden. */}
      <div class="hidden">
        <table>
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
      </div>
    </figure>
  );
}
