import { useSignal } from "@preact/signals";
import { isTokenSendable, surroundings, token, type Failure } from "../gateway";
import { Code, CodePanel } from "../parts/code";
import { Field } from "../parts/field";
import { Lock } from "../parts/icons";
import { FailureNotice, Notice } from "../parts/notice";
import { pick, t } from "../text";
import { startSnippets } from "./snippets";
import {
  input,
  newOrderNo,
  order,
  previewed,
  set,
  start,
  startFailure,
  startOver,
  started,
  starting,
  type FieldName,
} from "./state";
import { Step } from "./step";

/** The fields that are folded away. */
const MORE = new Set<string>(["model", "mobile", "ip", "certifyUrlType", "returnUrl"]);
const ORDER_NO = ".step-order form input";
const MODELS = ["LIVENESS", "PHOTINUS_LIVENESS", "MULTI_ACTION", "MOVE_ACTION", "MOVE_PHOTINUS"];

export function OrderStep() {
  const text = t.value.walkthrough;
  const { errors, notices } = previewed.value ?? { errors: [], notices: [] };
  const problemOf = (field: string) => {
    const problem = errors.find((error) => error.field === field);
    return problem && pick(problem.message);
  };
  const field = (name: FieldName) => ({
    label: text.fields[name],
    name,
    value: order.value[name],
    onInput: (value: string) => set(name, value),
    problem: problemOf(name),
  });
  const unnamed = errors.filter((error) => !(error.field in order.value));
  const busy = starting.value;
  const restarting = useSignal(false);
  const done = started.value !== null;
  const blocked =
    !previewed.value || errors.length > 0 || typeof surroundings.value !== "object" || !isTokenSendable.value;

  const failure = startFailure.value;
  const code = typeof failure === "object" ? failure?.code : undefined;
  const missing = [
    ...errors.map((error) => (isField(error.field) ? text.fields[error.field] : error.field)),
    ...(isTokenSendable.value ? [] : [text.fields.token]),
  ];
  const isMoreWrong = errors.some((error) => MORE.has(error.field));

  async function begin(restartUnknown = false) {
    if (busy || done || blocked) return;
    restarting.value = restartUnknown;
    const hasStarted = await start(restartUnknown);
    restarting.value = false;
    if (hasStarted) {
      focusSoon(".step-phone .phone button");
      bringIntoView(".step-phone");
    } else if (restartUnknown && !isStartUnknown(startFailure.value)) {
      focusSoon(ORDER_NO);
    }
  }

  function submit(event: Event) {
    event.preventDefault();
    void begin();
  }

  return (
    <Step id="order" number={1} title={text.steps.order} lead={text.orderLead} state={done ? "done" : "open"}>
      <form onSubmit={submit} novalidate>
        <fieldset disabled={busy || done}>
          <legend class="hidden">{text.steps.order}</legend>
          <div class="fields">
            <div class="wide">
              <Field
                {...field("outerOrderNo")}
                mono
                aside={
                  <button type="button" class="button small quiet" onClick={() => newOrderNo()}>
                    {text.newOrder}
                  </button>
                }
              />
            </div>
            <Field {...field("certName")} />
            <Field {...field("certNo")} mono />
            <Field {...field("sceneId")} mono placeholder={text.sceneDefault} />
            <Field {...field("userId")} mono />
            <Field
              label={text.fields.token}
              type="password"
              mono
              value={token.value}
              onInput={(value) => (token.value = value)}
              problem={
                token.value && !isTokenSendable.value
                  ? t.value.ledger.tokenCharacters
                  : code === "unauthenticated"
                    ? t.value.ledger.tokenInvalid
                    : undefined
              }
            />
            <div class="wide">
              <Field {...field("metaInfo")} mono rows={4} />
              <details class="more">
                <summary>{text.appSends}</summary>
                <p class="muted small">{text.appSendsNote}</p>
                <Code text={whatTheAppSends(order.value.metaInfo)} label={text.appSends} />
              </details>
            </div>
          </div>
          <details
            class="more"
            onToggle={(event) => {
              // Nothing folds a problem away.
              event.currentTarget.open ||= isMoreWrong;
            }}
          >
            <summary>{text.more}</summary>
            <div class="fields">
              <Field
                {...field("model")}
                options={[
                  { value: "", label: text.modelDefault },
                  ...MODELS.map((model) => ({ value: model, label: model })),
                ]}
              />
              <Field {...field("mobile")} mono optional />
              <Field {...field("ip")} mono optional />
              <Field
                {...field("certifyUrlType")}
                options={[
                  { value: "", label: text.inApp },
                  { value: "H5", label: text.inPhoneBrowser },
                  { value: "WEB", label: text.inBrowser },
                ]}
              />
              <Field {...field("returnUrl")} mono optional />
            </div>
          </details>
        </fieldset>
        {unnamed.map((error) => (
          <Notice key={error.rule} tone="bad">
            <code>{error.field}</code> {pick(error.message)}
          </Notice>
        ))}
        {notices.map((notice) => (
          <Notice key={notice.field + notice.rule} tone="info">
            <code>{notice.field}</code> {pick(notice.message)}
          </Notice>
        ))}
        {failure && <FailureNotice failure={failure} />}
        {/* The focused button stays while the order is started again. */}
        {(restarting.value || isStartUnknown(failure)) && (
          <div class="actions">
            <button
              type="button"
              class="button small"
              aria-disabled={busy}
              onClick={() => {
                if (busy) return;
                newOrderNo();
                focusSoon(ORDER_NO);
              }}
            >
              {text.newOrderNo}
            </button>
            <button type="button" class="button small" aria-disabled={busy} onClick={() => void begin(true)}>
              {text.restart}
            </button>
          </div>
        )}
        <div class="actions">
          {/* Keys, or one button would turn into the other under the click that is being handled. */}
          {done ? (
            <button key="again" type="button" class="button" onClick={() => startOver()}>
              {text.again}
            </button>
          ) : (
            <button key="start" type="submit" class="button primary" disabled={blocked} aria-disabled={busy}>
              {busy ? text.starting : text.start}
            </button>
          )}
          <p class="muted small with-icon">
            <Lock />
            {text.personal}
          </p>
        </div>
        {!done && missing.length > 0 && <p class="field-problem">{text.missing(missing)}</p>}
      </form>
      <CodePanel
        label={text.steps.order}
        snippets={startSnippets({ gateway: location.origin, token: token.value }, input.value)}
      />
    </Step>
  );
}

const isStartUnknown = (failure: Failure | null) =>
  typeof failure === "object" && failure?.code === "start-outcome-unknown";

const isField = (name: string): name is FieldName => name in order.peek();

/** The app's own request. Its format is up to the app; MetaInfo is passed as one string. */
function whatTheAppSends(metaInfo: string): string {
  return JSON.stringify({ order: "…", metaInfo }, null, 2);
}

/** Moves the focus to the beginning of the next step, once it is rendered. */
export function focusSoon(selector: string): void {
  requestAnimationFrame(() => {
    const next = document.querySelector<HTMLElement>(selector);
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  });
}

/** Scrolls so that the element is at the top of the window. */
export function bringIntoView(selector: string): void {
  requestAnimationFrame(() => document.querySelector(selector)?.scrollIntoView({ block: "start" }));
}
