import { effect, signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Core, Scheme, Subject } from "../core";
import { Code } from "../parts/code";
import { CopyButton } from "../parts/copy";
import { Field } from "../parts/field";
import { Lock } from "../parts/icons";
import { Notice } from "../parts/notice";
import { WithCore } from "../parts/page";
import { hrefOf, route } from "../routes";
import { hasInput, isSealed, seal } from "../seal";
import "../style/signature.css";
import { pick, t } from "../text";
import { example as exampleOf, exampleNames, type ExampleName } from "./examples";
import { Findings, ReadAs } from "./findings";
import { Stages } from "./stages";

const NOTHING: Subject = { request: "", scheme: null, method: null, secret: "", answer: "" };
const subject = signal<Subject>(NOTHING);
effect(() => {
  const { request, secret, answer } = subject.value;
  hasInput.value = request + secret + answer !== "";
});

/** The prefix of a request in a link's URL. */
const LINKED = "request:";
/** Anyone can write a link, so the request in one is not so long that reading it blocks the page. */
const LINKED_MAX = 20_000;
/** Whether the request came from a link and so has placeholders instead of values. */
const isLinked = signal(false);
const isTooLong = signal(false);

function change(part: Partial<Subject>): void {
  subject.value = { ...subject.value, ...part };
}

/** The URL names the selected example, and nothing that is typed here. */
function name(example: ExampleName | ""): void {
  const address = hrefOf("signature", example);
  // When the URL changes, Chromium requests the icon again, which a sealed page must not do.
  if (!isSealed() && location.hash !== address) history.replaceState(null, "", address);
}

function show(core: Core, example: ExampleName): void {
  subject.value = { ...NOTHING, ...exampleOf(core, example, Date.now()) };
  isLinked.value = false;
  isTooLong.value = false;
  name(example);
}

/** Analyses a pasted request and explains what is wrong with its signature. */
export function Laboratory() {
  // A secret does not outlive the page on which it was entered.
  useEffect(() => () => change({ secret: "" }), []);
  return <WithCore>{(core) => <Bench core={core} />}</WithCore>;
}

function Bench({ core }: { core: Core }) {
  const { part } = route.value;
  useEffect(() => {
    const named = exampleNames.find((known) => known === part);
    if (named) show(core, named);
    else if (part.startsWith(LINKED)) {
      const request = part.slice(LINKED.length);
      isTooLong.value = request.length > LINKED_MAX;
      isLinked.value = !isTooLong.value;
      subject.value = { ...NOTHING, request: isLinked.value ? request : "" };
    }
  }, [part]);
  const examined = useExamination(core);
  return (
    <div class="laboratory">
      <div class="bench-column">
        <RequestInput core={core} />
        <OtherInputs core={core} />
      </div>
      <div class="bench-column">
        <div class="outcome-column">
          {isLinked.value && (
            <Notice tone="info">
              <p>{t.value.signature.linked}</p>
            </Notice>
          )}
          {isTooLong.value && (
            <Notice tone="info">
              <p>{t.value.signature.linkTooLong}</p>
            </Notice>
          )}
          {!examined && <p class="empty">{t.value.signature.empty}</p>}
          {examined && "Err" in examined && <Findings findings={[examined.Err]} />}
          {examined && "Ok" in examined && (
            <ReadAs examination={examined.Ok} hasSecret={subject.value.secret !== ""} />
          )}
        </div>
        {examined && "Ok" in examined && <Stages examination={examined.Ok} />}
      </div>
    </div>
  );
}

/** An examination of a longer request, or one that took longer, waits for a pause in typing. */
const LONG_REQUEST = 20_000;
const LONG_MS = 50;
const PAUSE_MS = 300;

function useExamination(core: Core) {
  const typed = subject.value;
  const [settled, settle] = useState(typed);
  const took = useRef(0);
  useEffect(() => {
    const pause = setTimeout(() => settle(typed), PAUSE_MS);
    return () => clearTimeout(pause);
  }, [typed]);
  const waits = took.current > LONG_MS || typed.request.length + typed.answer.length > LONG_REQUEST;
  const examined = waits ? settled : typed;
  return useMemo(() => {
    if ((examined.request + examined.answer).trim() === "") return null;
    const start = performance.now();
    const examination = core.examineSignature(examined, Date.now());
    took.current = performance.now() - start;
    return examination;
  }, [core, examined]);
}

function edit(part: Partial<Subject>): void {
  change(part);
  isTooLong.value = false;
  if (subject.value.request === "") isLinked.value = false;
  name("");
}

function RequestInput({ core }: { core: Core }) {
  const text = t.value.signature;
  const { request, secret, answer } = subject.value;
  return (
    <div class="card inputs request-input">
      <p class="with-icon private">
        <Lock />
        <span>{text.private}</span>
      </p>
      <div class="examples" role="group" aria-label={text.examples}>
        <span class="muted">{text.examples}</span>
        {exampleNames.map((name) => (
          <button key={name} type="button" class="button small" onClick={() => show(core, name)}>
            {text.example[name]}
          </button>
        ))}
      </div>
      <Field
        label={text.request}
        hint={text.requestHint}
        value={request}
        onInput={(value) => edit({ request: value })}
        rows={9}
        mono
        aside={
          request || answer || secret ? (
            <button type="button" class="button small quiet" onClick={() => edit(NOTHING)}>
              {text.clear}
            </button>
          ) : undefined
        }
      />
    </div>
  );
}

/** A link with the structure of the request. */
function RequestLink({ core }: { core: Core }) {
  const text = t.value.signature;
  const open = useSignal(false);
  const { request } = subject.value;
  if (request.trim() === "") return null;
  const shared = open.value ? core.shareableRequest(request) : null;
  return (
    <details
      class="more request-link"
      open={open.value}
      onToggle={(event) => (open.value = event.currentTarget.open)}
    >
      <summary>{text.link}</summary>
      <p class="muted small">{text.linkNote}</p>
      {shared && "Err" in shared && <p>{pick(shared.Err.message)}</p>}
      {shared && "Ok" in shared && shared.Ok.length > LINKED_MAX && <p>{text.linkTooLong}</p>}
      {shared && "Ok" in shared && shared.Ok.length <= LINKED_MAX && (
        <>
          <Code text={shared.Ok} label={text.link} />
          <CopyButton
            text={new URL(hrefOf("signature", LINKED + shared.Ok), location.href).href}
            label={text.link}
          />
        </>
      )}
    </details>
  );
}

function OtherInputs({ core }: { core: Core }) {
  const text = t.value.signature;
  const { scheme, method, secret, answer } = subject.value;
  return (
    <div class="card inputs">
      <Field
        label={text.secret}
        hint={text.secretHint}
        value={secret}
        onInput={(value) => {
          seal();
          edit({ secret: value });
        }}
        type="password"
        optional
        mono
      />
      <Field
        label={text.answer}
        hint={text.answerHint}
        value={answer}
        onInput={(value) => edit({ answer: value })}
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
      <RequestLink core={core} />
    </div>
  );
}
