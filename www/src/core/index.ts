import { signal } from "@preact/signals";
import { loadCore } from "./load";
import type { Core } from "./types";

export type * from "./types";

/** The module: loading, loaded, or unavailable. */
export const core = signal<Core | "loading" | "failed">("loading");

let starting: Promise<void> | undefined;

/** Loads the module unless it is loaded; concurrent callers share one attempt. */
export async function startCore(): Promise<void> {
  if (typeof core.value === "object") return;
  starting ??= load().finally(() => (starting = undefined));
  await starting;
}

async function load(): Promise<void> {
  core.value = "loading";
  try {
    core.value = await loadCore();
  } catch {
    core.value = "failed";
  }
}
