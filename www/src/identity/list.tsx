import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Layout } from "../core";
import { Field } from "../parts/field";
import { Notice, OutdatedNotice } from "../parts/notice";
import { Loading } from "../parts/page";
import { language } from "../preferences";
import { number, t } from "../text";
import { words, type Labels, type Tally } from "./collected";
import {
  changeColumns,
  checkList,
  damage,
  encoding,
  isEmpty,
  layout,
  onlyBad,
  page,
  readList,
  reset,
  rows,
  rowsSoFar,
  save,
  seconds,
  share,
  stage,
  stop,
  tally,
  turnTo,
  type Stage,
} from "./list-state";
import { AllDocuments } from "./options";

const pasted = signal("");
const over = signal(false);
const ROWS_PER_PAGE = 50;

export function ListChecker() {
  const text = t.value.identity;
  useEffect(acceptFiles, []);
  const now = stage.value;
  const hasEnded = now === "done" || now === "stopped";
  const titles: Partial<Record<Stage, string>> = {
    ready: isEmpty.value ? text.list : text.columns,
    checking: text.check,
    done: t.value.walkthrough.steps.result,
    stopped: t.value.walkthrough.steps.result,
  };
  const title = titles[now] ?? text.list;
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(now);
  useEffect(() => {
    // The focused button went with its stage, unless the user is elsewhere on the page.
    if (before.current !== now && document.activeElement === document.body) heading.current?.focus();
    before.current = now;
  }, [now]);
  return (
    <section class="card list">
      <h2 key={title} ref={heading} tabIndex={-1} {...(title === text.list ? { class: "hidden" } : {})}>
        {title}
      </h2>
      {now === "empty" && <p class="muted">{text.listLead}</p>}
      {/* Screen readers announce only what comes into a region that is already there. */}
      <div class="live" aria-live="polite">
        {now === "checking" && <p>{text.checking(number(rowsSoFar.value))}</p>}
        {hasEnded && tally.value && <Figures found={tally.value} />}
      </div>
      {now === "empty" && <Source />}
      {now === "reading" && <Loading />}
      {now === "failed" && (
        <Notice tone="bad" title={text.readFailed} live>
          <button type="button" class="button small" onClick={reset}>
            {t.value.app.retry}
          </button>
        </Notice>
      )}
      {now === "outdated" && <OutdatedNotice />}
      {now === "workbook" && (
        <Notice tone="bad" title={text.workbookTitle} live>
          <p>{text.workbook}</p>
          <button type="button" class="button small" onClick={reset}>
            {text.again}
          </button>
        </Notice>
      )}
      {now === "ready" && layout.value && <Columns layout={layout.value} />}
      {now === "checking" && <Progress />}
      {hasEnded && tally.value && <Result found={tally.value} />}
    </section>
  );
}

/** Reads a file that is dropped anywhere on the page, where the browser would open it in place of the page. */
function acceptFiles() {
  const listening = new AbortController();
  const on = (name: "dragover" | "dragleave" | "drop", use: (event: DragEvent) => void) =>
    addEventListener(name, use, { signal: listening.signal });
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  on("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over.value = true;
  });
  on("dragleave", (event) => {
    if (!event.relatedTarget) over.value = false;
  });
  on("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over.value = false;
    const file = event.dataTransfer?.files[0];
    if (file) readList(file);
  });
  return () => listening.abort();
}

function Source() {
  const text = t.value.identity;
  return (
    <>
      <div class={over.value ? "drop over" : "drop"}>
        <p>{text.drop}</p>
        <label class="button">
          {text.choose}
          <input
            class="hidden"
            type="file"
            accept=".csv,.txt,.tsv,text/csv,text/plain"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file) readList(file);
            }}
          />
        </label>
      </div>
      <Field
        label={text.paste}
        value={pasted.value}
        onInput={(value) => (pasted.value = value)}
        placeholder={text.pasteHint}
        rows={6}
        mono
      />
      <div class="actions">
        <button
          type="button"
          class="button primary"
          disabled={pasted.value.trim() === ""}
          onClick={() => readList(new Blob([pasted.value]))}
        >
          {text.read}
        </button>
      </div>
    </>
  );
}

function Columns({ layout: found }: { layout: Layout }) {
  const text = t.value.identity;
  if (isEmpty.value) {
    return (
      <Notice tone="bad" title={text.emptyList} live>
        <button type="button" class="button small" onClick={reset}>
          {text.again}
        </button>
      </Notice>
    );
  }
  const options = [
    { value: "", label: text.noColumn },
    ...found.titles.map((title, index) => ({ value: String(index), label: text.column(index + 1, title) })),
  ];
  const column = (value: string) => (value === "" ? null : Number(value));
  const numberHint =
    found.certNo === null
      ? text.noNumberColumn
      : found.certNo === found.damaged
        ? text.damagedNumbers
        : undefined;
  const neither = found.certNo === null && found.certName === null;
  return (
    <>
      {damage.value && (
        <Notice tone="warn">
          <p>{damage.value === "bytes" ? text.invalidBytes(encoding.value) : text.lostCharacters}</p>
        </Notice>
      )}
      <div class="fields">
        <Field
          label={text.numberColumn}
          value={found.certNo === null ? "" : String(found.certNo)}
          onInput={(value) => (layout.value = { ...found, certNo: column(value) })}
          options={options}
          hint={numberHint}
        />
        <Field
          label={text.nameColumn}
          value={found.certName === null ? "" : String(found.certName)}
          onInput={(value) => (layout.value = { ...found, certName: column(value) })}
          options={options}
        />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={found.header}
          onChange={(event) => (layout.value = { ...found, header: event.currentTarget.checked })}
        />
        <span>
          {text.header}
          <span class="muted small">{t.value.app.inBrackets(text.encoding(encoding.value))}</span>
        </span>
      </label>
      <AllDocuments />
      <div class="actions">
        <button type="button" class="button primary" disabled={neither} onClick={checkList}>
          {text.check}
        </button>
        <button type="button" class="button" onClick={reset}>
          {text.again}
        </button>
      </div>
    </>
  );
}

function Progress() {
  const text = t.value.identity;
  return (
    <div class="progress">
      <progress max={1} value={share.value} aria-label={text.check} />
      <button type="button" class="button small" onClick={stop}>
        {text.stop}
      </button>
    </div>
  );
}

function labels(): Labels {
  const { certNo, certName } = t.value.identity;
  return { language: language.value, certNo, certName };
}

function Figures({ found }: { found: Tally }) {
  const text = t.value.identity;
  const bad = found.rows - found.right - found.empty;
  const noted = found.counts
    .filter(({ problem }) => !problem.fatal && problem.rule !== "given-twice")
    .reduce((sum, { count }) => sum + count, 0);
  const figures: [string, number, string][] = [
    [text.rows, found.rows, ""],
    [text.right, found.right, "good-text"],
    [text.bad, bad, bad > 0 ? "bad-text" : ""],
    [text.emptyRows, found.empty, ""],
    [text.noted, noted, ""],
    [text.twice, found.twice, ""],
  ];
  return (
    <>
      {stage.value === "stopped" && (
        <Notice tone="warn">
          <p>{text.stopped}</p>
        </Notice>
      )}
      <dl class="figures">
        {figures.map(([name, value, tone]) => (
          <div key={name}>
            <dd class={tone}>{number(value)}</dd>
            <dt>{name}</dt>
          </div>
        ))}
      </dl>
      {found.rows === found.empty ? (
        stage.value === "done" && <Notice tone="bad" title={text.emptyList} />
      ) : layout.value?.certNo === null ? (
        <Notice tone="info" title={text.namesOnly} />
      ) : (
        found.found === 0 && <Notice tone="good" title={text.allRight} />
      )}
    </>
  );
}

function Result({ found }: { found: Tally }) {
  const text = t.value.identity;
  return (
    <div>
      {seconds.value >= 1 && <p class="muted small">{text.took(number(seconds.value, 1))}</p>}
      <div class="actions">
        {found.found > 0 && (
          <button type="button" class="button" onClick={() => save(labels())}>
            {text.download}
          </button>
        )}
        <button type="button" class="button" onClick={changeColumns}>
          {text.changeColumns}
        </button>
        <button type="button" class="button" onClick={reset}>
          {text.again}
        </button>
        {found.found > 0 && <p class="muted small">{text.downloadNote}</p>}
      </div>
      {found.found > 0 && (
        <>
          <h2 class="sub">{text.byRule}</h2>
          <table class="table">
            <tbody>
              {found.counts.slice(0, 30).map(({ problem, count }) => (
                <tr
                  key={problem.field + problem.rule + problem.message.en}
                  class={problem.fatal ? "fatal" : ""}
                >
                  <th scope="row" class="count">
                    {number(count)}
                  </th>
                  <td>{problem.rule === "given-twice" ? text.twice : words(problem, labels())}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <BadRows found={found} />
        </>
      )}
    </div>
  );
}

function BadRows({ found }: { found: Tally }) {
  const text = t.value.identity;
  const count = onlyBad.value ? found.fatal : found.found;
  const pages = Math.max(1, Math.ceil(count / ROWS_PER_PAGE));
  const at = Math.min(page.value, pages - 1);
  const from = at * ROWS_PER_PAGE;
  const wanted = Math.min(ROWS_PER_PAGE, count - from);
  useEffect(() => turnTo(from, wanted), [found, from, wanted]);
  return (
    <>
      <div class="stage-head">
        <h2 class="sub">{text.badRows}</h2>
        <label class="check small">
          <input
            type="checkbox"
            checked={onlyBad.value}
            onChange={(event) => {
              onlyBad.value = event.currentTarget.checked;
              page.value = 0;
            }}
          />
          {text.onlyBad}
        </label>
      </div>
      {count === 0 && <p class="muted">{text.noBadRows}</p>}
      {count > 0 && (
        <table class="table bad-rows">
          <thead>
            <tr>
              <th scope="col">{text.row}</th>
              <th scope="col">{text.certNo}</th>
              <th scope="col">{text.finding}</th>
            </tr>
          </thead>
          <tbody>
            {rows.value.map(({ row, line, number: masked, problem }) => (
              <tr key={`${row}${problem.field}${problem.rule}`} class={problem.fatal ? "fatal" : ""}>
                <th scope="row" class="count">
                  {row}
                  {line !== row && (
                    <span class="muted small">{t.value.app.inBrackets(text.atLine(line))}</span>
                  )}
                </th>
                <td class="mono masked-number">{masked || "–"}</td>
                <td>{words(problem, labels())}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {pages > 1 && (
        <div class="actions">
          <button
            type="button"
            class="button small"
            aria-disabled={at === 0}
            onClick={() => (page.value = Math.max(at - 1, 0))}
          >
            {text.previous}
          </button>
          <span>{text.page(number(at + 1), number(pages))}</span>
          <button
            type="button"
            class="button small"
            aria-disabled={at === pages - 1}
            onClick={() => (page.value = Math.min(at + 1, pages - 1))}
          >
            {text.next}
          </button>
        </div>
      )}
    </>
  );
}
