import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../text";

const SHOWN_MS = 1500;

/** Copies a text, and confirms it for a moment. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const copied = useSignal(false);
  useEffect(() => {
    if (!copied.value) return;
    const timer = setTimeout(() => (copied.value = false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied.value]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      copied.value = true;
    } catch {
      // Copying is not allowed here; the text can still be selected.
    }
  };
  return (
    <button type="button" class="button small quiet" onClick={copy}>
      <span aria-live="polite">{copied.value ? t.value.app.copied : t.value.app.copy}</span>
      {label && <span class="hidden"> {label}</span>}
    </button>
  );
}
