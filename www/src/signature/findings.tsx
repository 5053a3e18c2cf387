import type { Comparison, Conclusion, Examination, Finding, Marked } from "../core";
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

const tones = { right: "good", wrong: "bad", unknown: "info" } as const;

/** A conclusion and its evidence. */
function Concluded({ conclusion, first }: { conclusion: Conclusion; first: boolean }) {
  const text = t.value.signature;
  const { message, standing, restsOn } = conclusion;
  return (
    <Notice tone={tones[standing]}>
      {first ? <strong>{pick(message)}</strong> : <p>{pick(message)}</p>}
      {restsOn.length > 0 && (
        <p class="muted small">{text.restsOn(restsOn.map((evidence) => text.evidence[evidence]))}</p>
      )}
    </Notice>
  );
}

/** What was recognized in the input, and the conclusions from it. */
export function ReadAs({ examination, hasSecret }: { examination: Examination; hasSecret: boolean }) {
  const text = t.value.signature;
  const { conclusions, comparison, extent, form, stages } = examination;
  const [verdict, ...others] = conclusions;
  const concluded = new Set(conclusions.map(({ rule }) => rule));
  const findings = examination.findings.filter(({ rule }) => !concluded.has(rule));
  const isOpen = !verdict && !findings.some(({ fatal }) => fatal);
  return (
    <section class="card" aria-labelledby="verdict-title">
      <h2 id="verdict-title">{text.verdict}</h2>
      <p class="muted small">
        {text.readAs[form]} · {text.parameterCount(stages.parameters.length)}
      </p>
      <div aria-live="polite">
        {verdict && <Concluded conclusion={verdict} first />}
        {isOpen && (
          <Notice tone="info">
            <p>{hasSecret ? text.nothingToCheck : text.requestAlone}</p>
          </Notice>
        )}
        {others.length > 0 && (
          <>
            <h3 class="sub">{text.otherConclusions}</h3>
            {others.map((conclusion) => (
              <Concluded
                key={conclusion.rule + pick(conclusion.message)}
                conclusion={conclusion}
                first={false}
              />
            ))}
          </>
        )}
        {findings.length > 0 && (
          <>
            <h3 class="sub">{text.findings}</h3>
            <Findings findings={findings} />
          </>
        )}
      </div>
      {comparison && extent && extent !== "absent" && <Compared comparison={comparison} extent={extent} />}
    </section>
  );
}

/** Number of common characters shown before the difference. */
const BEFORE = 90;
const AFTER = 60;

function Compared({ comparison, extent }: { comparison: Comparison; extent: Examination["extent"] }) {
  const text = t.value.signature;
  const { agreement, origin, ours, theirs } = comparison;
  const shown = agreement === "different" && extent !== "digest";
  const seen = extent === "cut" || extent === "masked" ? text.seen[extent] : null;
  return (
    <>
      <h3 class="sub">{text.comparison}</h3>
      <p class="muted small">
        {text.origin[origin]} {seen} {text.agreement[agreement]}
      </p>
      {shown && (
        <dl class="compared">
          <Side name={text.ours[origin]} marked={ours} />
          <Side name={text.theirs} marked={theirs} />
        </dl>
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
