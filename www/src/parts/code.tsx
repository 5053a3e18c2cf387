import { signal } from "@preact/signals";
import { t } from "../text";
import { CopyButton } from "./copy";
import { Tabs } from "./tabs";

export type CodeLanguage = "typescript" | "curl" | "java";
export type Snippets = Partial<Record<CodeLanguage, string>>;

/** One selection for all panels. */
const chosen = signal<CodeLanguage>("typescript");

/** The code for a step, in each available language. */
export function CodePanel({ snippets, label }: { snippets: Snippets; label: string }) {
  const languages = (["typescript", "curl", "java"] as const).filter((key) => key in snippets);
  const shown = languages.includes(chosen.value) ? chosen.value : (languages[0] ?? "typescript");
  const text = snippets[shown] ?? "";
  return (
    <details class="code-panel">
      <summary>{t.value.code.title}</summary>
      <Tabs
        label={`${t.value.code.title}: ${label}`}
        tabs={languages.map((key) => ({ key, name: t.value.code[key] }))}
        chosen={shown}
        choose={(key) => (chosen.value = key)}
        aside={<CopyButton text={text} label={label} />}
      >
        <Code text={text} label={label} />
      </Tabs>
    </details>
  );
}

/** Text that scrolls in its own box and must therefore be reachable by keyboard. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <pre class="code" tabIndex={0} role="region" aria-label={label}>
      <code>{text}</code>
    </pre>
  );
}
