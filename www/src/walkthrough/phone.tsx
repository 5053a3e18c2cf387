import { useSignal } from "@preact/signals";
import type { Core } from "../core";
import { known } from "../gateway";
import { CodePanel } from "../parts/code";
import { CopyButton } from "../parts/copy";
import { Face, Right, Waiting, Wrong } from "../parts/icons";
import { Notice } from "../parts/notice";
import { label, pick, t } from "../text";
import { focusSoon } from "./order";
import { phoneSnippets } from "./snippets";
import type { Scan } from "../sandbox";
import { openPhone, scan, scanFailure, started, submit } from "./state";
import { Step } from "./step";

export function PhoneStep({ core }: { core: Core }) {
  const text = t.value.walkthrough;
  const address = known()?.sandbox ?? null;
  const certifyId = started.value?.certifyId;
  const ended = scan.value?.stage === "ended" || scan.value?.stage === "expired";
  return (
    <Step
      id="phone"
      number={3}
      title={text.steps.phone}
      lead={text.phoneLead}
      state={certifyId ? (ended ? "done" : "open") : "later"}
    >
      {certifyId && (
        <div class="certify-id">
          <span class="muted small">{text.certifyId}</span>
          <CopyButton text={certifyId} label={text.certifyId} />
          <code>{certifyId}</code>
        </div>
      )}
      {certifyId && !address ? (
        <Notice tone="info">
          <p>{text.phoneReal}</p>
        </Notice>
      ) : (
        <div class="phone" role="group" aria-label={text.phoneLabel}>
          <div class="phone-screen" aria-live="polite">
            {certifyId && address ? (
              <Screen core={core} address={address} certifyId={certifyId} />
            ) : (
              <div class="phone-centre muted">
                <Waiting />
                <strong>{text.phoneWaiting}</strong>
                <p class="small">{text.phoneWaitingNote}</p>
              </div>
            )}
          </div>
        </div>
      )}
      <ScanFailureNotice address={address} />
      {address && (
        <>
          <p class="small phone-page">
            <a href={`${address}/_sandbox/phone#${certifyId ?? ""}`} target="_blank" rel="noreferrer">
              {text.phonePage}
            </a>
          </p>
          <CodePanel
            label={text.steps.phone}
            snippets={phoneSnippets(address, certifyId ?? "CERTIFY_ID", "passed")}
          />
        </>
      )}
    </Step>
  );
}

function Screen({ core, address, certifyId }: { core: Core; address: string; certifyId: string }) {
  const text = t.value.walkthrough;
  const busy = useSignal(false);
  const stage = scan.value?.stage ?? "created";

  async function doing(work: () => Promise<boolean>, next: string) {
    if (busy.value) return;
    busy.value = true;
    const done = await work();
    busy.value = false;
    if (done) focusSoon(next);
  }

  if (stage === "created") {
    return (
      <div class="phone-centre">
        <Right />
        <strong>{text.phoneReady}</strong>
        <button
          type="button"
          class="button primary"
          disabled={busy.value}
          onClick={() => doing(() => openPhone(address, certifyId), ".step-phone .outcome")}
        >
          {text.phoneOpen}
        </button>
      </div>
    );
  }
  if (stage === "opened") {
    const choose = (outcome: string) => doing(() => submit(address, certifyId, outcome), "#step-result");
    return <Scanning core={core} busy={busy.value} choose={choose} />;
  }
  if (stage === "expired") {
    return (
      <div class="phone-centre">
        <Waiting />
        <strong>{text.phoneExpired}</strong>
        <p class="muted small">{text.phoneExpiredNote}</p>
      </div>
    );
  }
  return <Submitted scan={scan.value} />;
}

/** What the person submitted; only an outcome that passes looks like success. */
function Submitted({ scan }: { scan: Scan | null }) {
  const text = t.value.walkthrough;
  const passed = scan?.passed === true;
  const title = passed ? text.phonePassed : scan?.subCode ? text.phoneRejected : text.phoneFailed;
  return (
    <div class={passed ? "phone-centre good-text" : "phone-centre bad-text"}>
      {passed ? <Right /> : <Wrong />}
      <strong>{title}</strong>
      <p class="muted small">{text.phoneDoneNote}</p>
    </div>
  );
}

function Scanning({
  core,
  busy,
  choose,
}: {
  core: Core;
  busy: boolean;
  choose: (outcome: string) => Promise<void>;
}) {
  const text = t.value.walkthrough;
  const { codes, subCodes } = core.outcomes();
  const own = subCodes.filter((entry) => entry.inVendorDocument);
  const others = subCodes.filter((entry) => !entry.inVendorDocument);
  const failing = codes.filter((entry) => entry.meaning === "failure" && entry.usedBy !== "init");
  const button = (code: string, words: string, primary = false) => (
    <li key={code}>
      <button
        type="button"
        class={primary ? "outcome good" : "outcome"}
        disabled={busy}
        onClick={() => choose(code)}
      >
        <code>{code}</code>
        <span>{words}</span>
      </button>
    </li>
  );
  return (
    <div class="scanning">
      <Face />
      <strong>{text.phoneScanning}</strong>
      <h3>{text.phoneOutcomes}</h3>
      <ul class="outcomes">
        {own.map((entry) =>
          entry.code === "200"
            ? button("passed", text.outcomePassed, true)
            : button(entry.code, label(entry.vendorMessage, entry.text)),
        )}
      </ul>
      <details>
        <summary>{text.phoneMore}</summary>
        <ul class="outcomes">
          {others.map((entry) => button(entry.code, label(entry.vendorMessage, entry.text)))}
        </ul>
      </details>
      <details>
        <summary>{text.phoneCodes}</summary>
        <ul class="outcomes">
          {failing.map((entry) => button(entry.code, label(entry.vendorMessage, entry.text)))}
        </ul>
      </details>
    </div>
  );
}

function ScanFailureNotice({ address }: { address: string | null }) {
  const failure = scanFailure.value;
  if (!failure) return null;
  if (failure === "unreachable") {
    return (
      <Notice tone="bad" title={t.value.failure.sandboxTitle} live>
        <p>{t.value.failure.sandbox(address ?? "")}</p>
      </Notice>
    );
  }
  return (
    <Notice tone="bad" live>
      <p>{pick(failure.message)}</p>
    </Notice>
  );
}
