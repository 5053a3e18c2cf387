import type { exports } from "./identity-exports.js";
import type { Loaded } from "./load.js";

/** The loaded module: each entry sets it once. */
export let identity: Loaded<typeof exports>;

export function useIdentity(loaded: Loaded<typeof exports>): void {
  identity = loaded;
}
