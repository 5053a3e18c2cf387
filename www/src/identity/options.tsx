import { signal } from "@preact/signals";
import { t } from "../text";

/** Whether numbers of residence permits and foreign permanent resident cards are accepted. */
export const allDocuments = signal(false);

export function AllDocuments() {
  const text = t.value.identity;
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={allDocuments.value}
        onChange={(event) => (allDocuments.value = event.currentTarget.checked)}
      />
      <span>
        {text.allDocuments} <span class="muted small">{text.allDocumentsNote}</span>
      </span>
    </label>
  );
}
