/**
 * From the first character of a secret on, a second content security policy forbids every request of this page, to its
 * own origin too. A policy that was added stays until the page is reloaded.
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
