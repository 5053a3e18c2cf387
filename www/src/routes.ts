import { signal } from "@preact/signals";
import { hasInput, hasList, isSealed } from "./seal";
import { t } from "./text";

/** The tools, each with its own URL: `#/signature`. */
export const tools = ["walkthrough", "signature", "identity", "ledger"] as const;
export type Tool = (typeof tools)[number];

export interface Route {
  tool: Tool;
  /** What follows the tool's name: `list` in `#/identity/list`, an order in `#/ledger/…`. */
  part: string;
}

function read(): Route {
  const [name = "", part = ""] = location.hash.replace(/^#\/?/, "").split("/");
  const tool = tools.find((known) => known === name) ?? "walkthrough";
  try {
    return { tool, part: decodeURIComponent(part) };
  } catch {
    return { tool, part: "" };
  }
}

export const route = signal<Route>(read());
addEventListener("hashchange", () => {
  const next = read();
  const isNothingLost = () => !hasInput.value && !hasList.value;
  if (!isSealed()) route.value = next;
  // Other tools need the network, which requires a new page.
  else if (next.tool !== route.value.tool && (isNothingLost() || confirm(t.value.app.leave)))
    location.reload();
  else history.replaceState(null, "", hrefOf(route.value.tool, route.value.part));
});

export function hrefOf(tool: Tool, part = ""): string {
  return part ? `#/${tool}/${encodeURIComponent(part)}` : `#/${tool}`;
}

export function go(tool: Tool, part = ""): void {
  location.hash = hrefOf(tool, part);
}
