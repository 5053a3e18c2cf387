import { signal } from "@preact/signals";
import type { Accepted, CertNoPart, Core } from "../core";
import { Field } from "../parts/field";
import { Right, Waiting, Wrong } from "../parts/icons";
import { Notice } from "../parts/notice";
import { language } from "../preferences";
import { pick, t } from "../text";
import { sentence } from "./collected";
import { AllDocuments, allDocuments } from "./options";

const number = signal("");
const name = signal("");

/** Numbers published as examples, and one of them with a wrong check digit. */
const SAMPLES = [
  { number: "11010519491231002X", label: "samplePublished", all: false },
  { number: "810000199408230021", label: "sampleHongKong", all: true },
  { number: "830000199201300022", label: "sampleTaiwan", all: true },
  { number: "110105194912310021", label: "sampleWrong", all: false },
] as const;

export function OneChecker({ core }: { core: Core }) {
  const text = t.value.identity;
  return (
    <div class="one">
      <section class="card inputs" aria-label={text.one}>
        <Field
          label={text.certNo}
          name="certNo"
          value={number.value}
          onInput={(value) => (number.value = value)}
          mono
        />
        <Field
          label={text.certName}
          name="certName"
          value={name.value}
          onInput={(value) => (name.value = value)}
        />
        <AllDocuments />
        <div class="examples" role="group" aria-label={text.samples}>
          <span class="muted">{text.samples}</span>
          {SAMPLES.map((sample) => (
            <button
              key={sample.number}
              type="button"
              class="button small"
              onClick={() => {
                number.value = sample.number;
                name.value = "张三";
                allDocuments.value = sample.all;
              }}
            >
              {text[sample.label]}
            </button>
          ))}
        </div>
      </section>
      <section class="outcome-column" aria-live="polite">
        {number.value === "" && name.value === "" && <p class="empty">{text.nothing}</p>}
        {number.value !== "" && <NumberResult core={core} />}
        {name.value !== "" && <NameResult core={core} />}
      </section>
    </div>
  );
}

function NumberResult({ core }: { core: Core }) {
  const text = t.value.identity;
  const now = Date.now();
  const checked = core.checkCertNo(number.value, allDocuments.value, now);
  const parts = core.certNoParts(number.value, allDocuments.value, now);
  const details = "Ok" in checked ? checked.Ok : null;
  return (
    <div class="card">
      {details ? (
        <Notice tone="good" title={text.valid}>
          <p>
            {text.document[details.document]} · {text.sentAs} <code>{details.normalized}</code>
          </p>
          <p class="muted small">{text.validNote}</p>
        </Notice>
      ) : (
        "Err" in checked && (
          <Notice tone="bad" title={text.invalid}>
            <p>{sentence(language.value, text.certNo, checked.Err)}</p>
          </Notice>
        )
      )}
      <Notices of={details} label={text.certNo} />
      {parts.length > 0 && (
        <dl class="parts">
          {parts.map((part) => (
            <PartOfNumber key={part.kind} part={part} />
          ))}
        </dl>
      )}
    </div>
  );
}

function PartOfNumber({ part }: { part: CertNoPart }) {
  const text = t.value.identity;
  const without = { right: "", wrong: text.wrong, open: text.unchecked };
  const Sign = part.state === "right" ? Right : part.state === "wrong" ? Wrong : Waiting;
  return (
    <div class={`part ${part.state}`}>
      <dt>{text.part[part.kind]}</dt>
      <dd class="part-text">{part.text}</dd>
      <dd class="part-meaning with-icon">
        <Sign />
        <span>{part.meaning ? pick(part.meaning) : without[part.state]}</span>
      </dd>
    </div>
  );
}

function NameResult({ core }: { core: Core }) {
  const text = t.value.identity;
  const checked = core.checkCertName(name.value, allDocuments.value);
  return (
    <div class="card">
      {"Ok" in checked ? (
        <Notice tone="good" title={text.nameValid}>
          <p>
            {text.sentAs} <code>{checked.Ok.normalized}</code>
          </p>
        </Notice>
      ) : (
        <Notice tone="bad" title={text.nameInvalid}>
          <p>{sentence(language.value, text.certName, checked.Err)}</p>
        </Notice>
      )}
      <Notices of={"Ok" in checked ? checked.Ok : null} label={text.certName} />
    </div>
  );
}

function Notices({ of, label }: { of: Accepted | null; label: string }) {
  return (
    <>
      {of?.notices.map((notice) => (
        <Notice key={notice.rule} tone="warn">
          <p>{sentence(language.value, label, notice)}</p>
        </Notice>
      ))}
    </>
  );
}
