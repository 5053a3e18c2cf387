import { useLayoutEffect, useRef } from "preact/hooks";
import { PhoneScreen } from "#phone/phone-screen.js";
import { known } from "../gateway";
import { CodePanel } from "../parts/code";
import { CopyButton } from "../parts/copy";
import { Notice } from "../parts/notice";
import { language } from "../preferences";
import type { Scan } from "../sandbox";
import { t } from "../text";
import { focusSoon } from "./order";
import { phoneSnippets } from "./snippets";
import { actOnPhone, outcomes, phoneChanged, scan, started } from "./state";
import { Step } from "./step";

export function PhoneStep() {
  const text = t.value.walkthrough;
  const address = known()?.sandbox ?? null;
  const { certifyId, certifyUrl } = started.value ?? {};
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
      {certifyUrl && (
        <p class="small phone-link">
          <a href={certifyUrl} target="_blank" rel="noreferrer">
            {text.certifyUrl}
          </a>
        </p>
      )}
      {certifyId && !address ? (
        <Notice tone="info">
          <p>{text.phoneReal}</p>
        </Notice>
      ) : (
        <Phone />
      )}
      {address && (
        <>
          <p class="small phone-link">
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

/** The simulated phone that the sandbox provides. */
function Phone() {
  const text = t.value.walkthrough;
  const root = useRef<HTMLDivElement>(null);
  const screen = useRef<PhoneScreen | null>(null);
  const view = {
    language: language.value,
    verification: scan.value ?? undefined,
    outcomes: outcomes.value ?? undefined,
    otherwise: { title: text.phoneWaiting, note: text.phoneWaitingNote },
  };
  useLayoutEffect(() => {
    if (!root.current) return;
    screen.current ??= new PhoneScreen(root.current, {
      act: actOnPhone,
      changed: (changed) => {
        const scanned = changed as Scan | undefined;
        phoneChanged(scanned);
        if (scanned?.stage === "ended") focusSoon("#step-result");
      },
    });
    screen.current.show(view);
  });
  return <div ref={root} class="phone" role="group" aria-label={text.phoneLabel} />;
}
