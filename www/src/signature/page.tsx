import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Core, Scheme, Subject } from "../core";
import { Field } from "../parts/field";
import { Lock } from "../parts/icons";
import { Page, WithCore } from "../parts/page";
import { seal } from "../seal";
import "../style/signature.css";
import { t } from "../text";
import { exampleNames, examples } from "./examples";
import { Findings, ReadAs } from "./findings";
import { Stages } from "./stages";

const NOTHING: Subject = { request: "", scheme: null, method: null, secret: "", answer: "" };
const subject = signal<Subject>(NOTHING);

function change(part: Partial<Subject>): void {
  subject.value = { ...subject.value, ...part };
}

/** Takes a pasted request apart and finds out what is wrong with its signature. */
export function Laboratory() {
  // A secret does not outlive the page that asked for it.
  useEffect(() => () => change({ secret: "" }), []);
  return (
    <Page title={t.value.signature.title} lead={t.value.signature.lead}>
      <WithCore>
        {(core) => (
          <div class="laboratory">
            <Inputs />
            <Outcome core={core} />
          </div>
        )}
      </WithCore>
    </Page>
  );
}

function Inputs() {
  const text = t.value.signature;
  const { request, scheme, method, secret, answer } = subject.value;
  return (
    <div class="card inputs">
      <p class="with-icon private">
        <Lock />
        <span>{text.private}</span>
      </p>
      <div class="examples" role="group" aria-label={text.examples}>
        <span class="muted">{text.examples}</span>
        {exampleNames.map((name) => (
          <button
            key={name}
            type="button"
            class="button small"
            onClick={() => (subject.value = { ...NOTHING, ...examples[name] })}
          >
            {text.example[name]}
          </button>
        ))}
      </div>
      <Field
        label={text.request}
        hint={text.requestHint}
        value={request}
        onInput={(value) => change({ request: value })}
        rows={9}
        mono
        aside={
          request || answer || secret ? (
            <button type="button" class="button small quiet" onClick={() => (subject.value = NOTHING)}>
              {text.clear}
            </button>
          ) : undefined
        }
      />
      <Field
        label={text.secret}
        hint={text.secretHint}
        value={secret}
        onInput={(value) => {
          seal();
          change({ secret: value });
        }}
        type="password"
        optional
        mono
      />
      <Field
        label={text.answer}
        hint={text.answerHint}
        value={answer}
        onInput={(value) => change({ answer: value })}
        rows={4}
        optional
        mono
      />
      <div class="fields">
        <Field
          label={text.scheme}
          value={scheme ?? ""}
          onInput={(value) => change({ scheme: (value || null) as Scheme | null })}
          options={[
            { value: "", label: text.auto },
            { value: "1.0", label: text.rpc },
            { value: "ACS3-HMAC-SHA256", label: text.acs3 },
          ]}
        />
        <Field
          label={text.method}
          value={method ?? ""}
          onInput={(value) => change({ method: value || null })}
          options={[
            { value: "", label: text.auto },
            { value: "POST", label: "POST" },
            { value: "GET", label: "GET" },
          ]}
        />
      </div>
    </div>
  );
}

function Outcome({ core }: { core: Core }) {
  if (subject.value.request.trim() === "") {
    return <p class="empty">{t.value.signature.empty}</p>;
  }
  const examined = core.examineSignature(subject.value, Date.now());
  if ("Err" in examined) {
    return (
      <div class="outcome-column">
        <Findings findings={[examined.Err]} />
      </div>
    );
  }
  return (
    <div class="outcome-column">
      <ReadAs examination={examined.Ok} />
      <Stages examination={examined.Ok} />
    </div>
  );
}
