import type { Comparison, Examination, Finding, Marked } from "../core";
import { Notice } from "../parts/notice";
import { pick, t } from "../text";

export function Findings({ findings }: { findings: Finding[] }) {
  return (
    <>
      {findings.map((finding) => (
        <Notice key={finding.rule + pick(finding.message)} tone={finding.fatal ? "bad" : "info"}>
          <p>{pick(finding.message)}</p>
        </Notice>
      ))}
    </>
  );
}

/** What was understood, and what it comes to. */
export function ReadAs({ examination }: { examination: Examination }) {
  const text = t.value.signature;
  const { verdict, findings, mistakes, comparison, stages } = examination;
  const rest = (mistakes ?? []).filter((mistake) => mistake.rule !== verdict?.rule);
  return (
    <section class="card" aria-labelledby="verdict-title">
      <h2 id="verdict-title">{text.verdict}</h2>
      <p class="muted small">
        {text.readAs[examination.reading.form]} · {text.parameterCount(stages.parameters.length)}
      </p>
      <div aria-live="polite">
        {verdict && (
          <Notice tone={verdict.fatal ? "bad" : "good"}>
            <strong>{pick(verdict.message)}</strong>
          </Notice>
        )}
        {rest.length > 0 && (
          <>
            <h3 class="sub">{text.mistakes}</h3>
            <Findings findings={rest} />
          </>
        )}
        {findings.length > 0 && (
          <>
            <h3 class="sub">{text.findings}</h3>
            <Findings findings={findings} />
          </>
        )}
      </div>
      {comparison && <Compared comparison={comparison} />}
    </section>
  );
}

/** Characters of the part that is the same which are shown before the difference. */
const BEFORE = 90;
const AFTER = 60;

function Compared({ comparison }: { comparison: Comparison }) {
  const text = t.value.signature;
  const others = comparison.causes.slice(1);
  return (
    <>
      <h3 class="sub">{text.comparison}</h3>
      <p class="muted small">{comparison.equal ? text.equal : text.firstDifference}</p>
      {!comparison.equal && (
        <dl class="compared">
          <Side name={text.ours} marked={comparison.ours} />
          <Side name={text.theirs} marked={comparison.theirs} />
        </dl>
      )}
      {others.length > 0 && (
        <>
          <h3 class="sub">{text.otherCauses}</h3>
          <Findings findings={others} />
        </>
      )}
    </>
  );
}

function Side({ name, marked }: { name: string; marked: Marked }) {
  const before = marked.same.length > BEFORE ? `…${marked.same.slice(-BEFORE)}` : marked.same;
  const after = marked.rest.length > AFTER ? `${marked.rest.slice(0, AFTER)}…` : marked.rest;
  return (
    <div>
      <dt>{name}</dt>
      <dd class="long">
        {before}
        <mark>{marked.different || "∅"}</mark>
        {after}
      </dd>
    </div>
  );
}
