import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../text";

const SHOWN_MS = 1500;

/** Over plain HTTP, browsers have no clipboard for scripts but this. */
function copyWithoutClipboard(text: string): boolean {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "hidden";
  document.body.append(area);
  area.select();
  // If even this is not allowed, the text can still be selected by hand.
  const isCopied = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return isCopied;
}

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
      copied.value = copyWithoutClipboard(text);
    }
  };
  return (
    <button type="button" class="button small quiet" onClick={copy}>
      <span aria-live="polite">{copied.value ? t.value.app.copied : t.value.app.copy}</span>
      {label && <span class="hidden"> {label}</span>}
    </button>
  );
}
