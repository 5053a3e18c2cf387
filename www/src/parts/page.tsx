import type { ComponentChildren, Ref } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { core, startCore, type Core } from "../core";
import { t } from "../text";
import { Notice } from "./notice";

let shownBefore = false;

/** A tool's page: its heading gets the focus when one comes from another tool. */
export function Page({
  title,
  lead,
  children,
}: {
  title: string;
  lead: string;
  children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (shownBefore) heading.current?.focus();
    shownBefore = true;
  }, []);
  useEffect(() => {
    document.title = `${title} · cloudauth-edge`;
  }, [title]);
  return (
    <main id="content" class="page">
      <Head title={title} lead={lead} heading={heading} />
      {children}
    </main>
  );
}

/** A tool's page while the tool itself is still on its way. */
export function PageToCome({
  title,
  lead,
  children,
}: {
  title: string;
  lead: string;
  children: ComponentChildren;
}) {
  return (
    <main id="content" class="page">
      <Head title={title} lead={lead} />
      {children}
    </main>
  );
}

function Head({
  title,
  lead,
  heading = null,
}: {
  title: string;
  lead: string;
  heading?: Ref<HTMLHeadingElement>;
}) {
  return (
    <header class="page-head">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <p class="lead">{lead}</p>
    </header>
  );
}

/** What needs the WebAssembly module; until it is there, says so. */
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
