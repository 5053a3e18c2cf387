import { signal } from "@preact/signals";
import { loadCore } from "./load";
import type { Core } from "./types";

export type * from "./types";

/** The module: loading, loaded, or unavailable. */
export const core = signal<Core | "loading" | "failed">("loading");

export async function startCore(): Promise<void> {
  core.value = "loading";
  try {
    core.value = await loadCore();
  } catch {
    core.value = "failed";
  }
}
