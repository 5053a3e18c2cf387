import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { core, startCore, type Core } from "../core";
import { t } from "../text";
import { Notice } from "./notice";

let shownBefore = false;

/**
 * The frame of each tool, which is there before the tool's own code. Its heading gets the focus when the user
 * switches to it from another tool, or to another subject of the tool.
 */
export function Page({
  title,
  lead,
  subject,
  children,
}: {
  title: string;
  lead: string;
  subject?: string | undefined;
  children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (shownBefore) heading.current?.focus();
    shownBefore = true;
  }, []);
  const before = useRef(subject);
  useEffect(() => {
    if (before.current === subject) return;
    before.current = subject;
    // A list is shown where it was left.
    heading.current?.focus({ preventScroll: !subject });
  }, [subject]);
  useEffect(() => {
    document.title = [subject, title, "cloudauth-edge"].filter(Boolean).join(" · ");
  }, [title, subject]);
  return (
    <main id="content" class="page">
      <header class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p class="lead">{lead}</p>
      </header>
      {children}
    </main>
  );
}

/** Renders what needs the WebAssembly module; until the module is loaded, says so. */
export function WithCore({ children }: { children: (core: Core) => ComponentChildren }) {
  const module = core.value;
  if (module === "loading") return <Loading />;
  if (module === "failed") {
    return (
      <Notice tone="bad" title={t.value.failure.coreTitle} live>
        <p>{t.value.failure.core}</p>
        <button type="button" class="button small" onClick={() => void startCore()}>
          {t.value.app.retry}
        </button>
      </Notice>
    );
  }
  return <>{children(module)}</>;
}

export function Loading({ text }: { text?: string }) {
  return (
    <p class="loading" role="status">
      {text ?? t.value.app.loading}
    </p>
  );
}
