import type { ClientExports } from "./client-exports.js";
import type { Send } from "./transport.js";
import type { CallReport } from "./types.js";

/** What an entry point provides. */
export interface Host {
  /** The guarded exports; throws if they are not loaded yet. */
  core(): ClientExports;
  /** Resolves when the exports are loaded. */
  ready(): Promise<void>;
  /** Whether the exports are loaded from the start. */
  atOnce: boolean;
  inBrowser: boolean;
  /** The runtime's transport, which replaces its `fetch`. */
  send?: Send | undefined;
  /** Where the end of each call is published. */
  calls?: { readonly hasSubscribers: boolean; publish(report: CallReport): void } | undefined;
}

/** The runtime; set once by each entry point. */
export let host: Host;

export function useHost(given: Host): void {
  host = given;
}
