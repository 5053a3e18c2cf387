import type { ComponentChildren } from "preact";

/** A name and its value; without a value, the row is omitted. */
export type Fact = [name: string, value: ComponentChildren];

/** A list of facts. */
export function Facts({ rows, class: more }: { rows: Fact[]; class?: string | undefined }) {
  return (
    <dl class={more ? `facts ${more}` : "facts"}>
      {rows.map(([name, value]) =>
        value ? (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}
