import type { ComponentChildren } from "preact";

export type StepState = "open" | "done" | "later";

/** One numbered step. */
export function Step({
  id,
  number,
  title,
  lead,
  state,
  children,
}: {
  id: string;
  number: number;
  title: string;
  lead: string;
  state: StepState;
  children: ComponentChildren;
}) {
  return (
    <section class={`card step step-${id} ${state}`} aria-labelledby={`step-${id}`}>
      <header class="step-head">
        <span class="step-number" aria-hidden="true">
          {number}
        </span>
        <h2 id={`step-${id}`} tabIndex={-1}>
          {title}
        </h2>
      </header>
      <p class="muted">{lead}</p>
      {children}
    </section>
  );
}
