import type { ClientExports } from "./client-exports.js";
import type { Send } from "./transport.js";
import type { CallReport } from "./types.js";

/** What an entry provides. */
export interface Host {
  /** The guarded exports; throws if they are not loaded yet. */
  core(): ClientExports;
  /** Resolves when they are. */
  ready(): Promise<void>;
  /** Whether they are loaded from the beginning. */
  atOnce: boolean;
  inBrowser: boolean;
  /** The runtime's transport, instead of its `fetch`. */
  send?: Send | undefined;
  /** Where the end of each call is published. */
  calls?: { readonly hasSubscribers: boolean; publish(report: CallReport): void } | undefined;
}

/** The runtime: each entry sets it once. */
export let host: Host;

export function useHost(given: Host): void {
  host = given;
}
