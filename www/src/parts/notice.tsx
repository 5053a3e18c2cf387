import type { ComponentChildren } from "preact";
import { titleOf, type Failure } from "../gateway";
import { pick, t } from "../text";
import { Info, Right, Wrong } from "./icons";

export type Tone = "info" | "good" | "bad" | "warn";

/** A message on the page. With `live`, screen readers announce it when it appears. */
export function Notice({
  tone,
  title,
  children,
  live = false,
}: {
  tone: Tone;
  title?: ComponentChildren;
  children?: ComponentChildren;
  live?: boolean;
}) {
  const Sign = tone === "good" ? Right : tone === "info" ? Info : Wrong;
  return (
    <div class={`notice ${tone}`} {...(live ? { role: tone === "bad" ? "alert" : "status" } : {})}>
      <Sign />
      <div>
        {title && <strong class="notice-title">{title}</strong>}
        {children}
      </div>
    </div>
  );
}

/** Why there is no response from the gateway to show. */
export function FailureNotice({ failure, retry }: { failure: Failure; retry?: () => void }) {
  const button = retry && (
    <button type="button" class="button small" onClick={retry}>
      {t.value.app.retry}
    </button>
  );
  if (failure === "unreachable") {
    return (
      <Notice tone="bad" title={t.value.failure.gatewayTitle} live>
        <p>{t.value.failure.gateway}</p>
        {button}
      </Notice>
    );
  }
  const problems = [...(failure.errors ?? []), ...(failure.settings ?? [])];
  return (
    <Notice tone="bad" title={titleOf(failure)} live>
      <p>{pick(failure.messages)}</p>
      {problems.length > 0 && (
        <ul>
          {problems.map(({ field, rule, messages }) => (
            <li key={field + rule}>
              <code>{field}</code> {pick(messages)}
            </li>
          ))}
        </ul>
      )}
      <p class="muted small">
        {t.value.failure.audience[failure.audience]}
        {failure.retryable && ` · ${t.value.failure.retryable}`}
        {failure.vendorCode && ` · ${t.value.failure.vendorCode} ${failure.vendorCode}`}
        {" · "}
        {t.value.failure.requestId} <code>{failure.requestId}</code>
      </p>
      {button}
    </Notice>
  );
}
