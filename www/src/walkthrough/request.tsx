import type { Entry } from "../core";
import { known } from "../gateway";
import { WithCore } from "../parts/page";
import { t } from "../text";
import { previewed, started } from "./state";
import { Step } from "./step";

export function RequestStep() {
  const text = t.value.walkthrough;
  const here = known();
  return (
    <Step
      id="request"
      number={2}
      title={text.steps.request}
      lead={here?.signatureVersion === "ACS3-HMAC-SHA256" ? text.requestLeadAcs3 : text.requestLead}
      state={started.value ? "done" : "open"}
    >
      {!here ? (
        // Only the gateway knows where the request goes and how it is signed.
        <p class="empty">{text.requestUnknown}</p>
      ) : (
        <WithCore>{() => <Request />}</WithCore>
      )}
    </Step>
  );
}

function Request() {
  const text = t.value.walkthrough;
  const request = previewed.value?.request;
  if (!request) return <p class="empty">{text.requestInvalid}</p>;
  return (
    <>
      <div class="http" tabIndex={0} role="group" aria-label={text.steps.request}>
        <p class="http-line">
          <b>{request.method}</b> {request.url}
        </p>
        <Entries title={text.query} entries={request.query} />
        <h3>{text.headers}</h3>
        <dl class="entries">
          {request.headers.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <Entries title={text.form} entries={request.form} />
      </div>
      <p class="muted small">{text.requestSigned}</p>
    </>
  );
}

function Entries({ title, entries }: { title: string; entries: Entry[] }) {
  return (
    <>
      <h3>{title}</h3>
      {entries.length === 0 ? (
        <p class="muted">{t.value.walkthrough.none}</p>
      ) : (
        <dl class="entries">
          {entries.map(({ name, value, masked }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class={masked ? "masked" : ""}>
                {value}
                {masked && <span class="hidden">{t.value.app.inBrackets(t.value.walkthrough.masked)}</span>}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}
