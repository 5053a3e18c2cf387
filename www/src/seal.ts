import { signal } from "@preact/signals";

/** Whether a reload would lose what was pasted into the laboratory. */
export const hasInput = signal(false);
/** Whether a reload would lose a list in the identity checker. */
export const hasList = signal(false);

/**
 * From the first character of a secret on, an additional content security policy forbids every request from this page,
 * even to its own origin. It stays in force until the page is reloaded.
 */

// What has been loaded keeps running; the module may be re-created after a trap.
const NOTHING_MORE = "default-src 'none'; script-src 'wasm-unsafe-eval'; style-src 'self'; base-uri 'none'";

let sealed = false;
export const isSealed = () => sealed;

export function seal(): void {
  if (sealed) return;
  sealed = true;
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = NOTHING_MORE;
  document.head.append(policy);
}
