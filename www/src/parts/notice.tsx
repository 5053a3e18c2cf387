import type { ComponentChildren } from "preact";
import { titleOf, type Failure } from "../gateway";
import { pick, t } from "../text";
import { Info, Right, Warning, Wrong } from "./icons";

export type Tone = "info" | "good" | "bad" | "warn";

const signs = { info: Info, good: Right, bad: Wrong, warn: Warning };

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
  const Sign = signs[tone];
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

/** A part of the console did not load; a deployment replaces their files. */
export function OutdatedNotice() {
  const { outdatedTitle, outdated } = t.value.app;
  return <ReloadNotice title={outdatedTitle} text={outdated} />;
}

/** A failure after which only a reload helps. */
export function ReloadNotice({ title, text }: { title: string; text: string }) {
  return (
    <Notice tone="bad" title={title} live>
      <p>{text}</p>
      <button type="button" class="button small" onClick={() => location.reload()}>
        {t.value.app.reload}
      </button>
    </Notice>
  );
}

/** Why there is no response from the gateway to show. */
export function FailureNotice({ failure, retry }: { failure: Failure; retry?: () => void }) {
  const button = retry && (
    <button type="button" class="button small" onClick={retry}>
      {t.value.app.retry}
    </button>
  );
  if (typeof failure === "string") {
    const text = t.value.failure;
    return failure === "unreachable" ? (
      <Notice tone="bad" title={text.gatewayTitle} live>
        <p>{text.gateway}</p>
        {button}
      </Notice>
    ) : (
      <Notice tone="bad" title={text.proxyTitle(failure)} live>
        <p>{text.proxy}</p>
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
