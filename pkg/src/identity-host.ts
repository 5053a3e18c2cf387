import type { exports } from "./identity-exports.js";
import type { Loaded } from "./load.js";

/** The loaded module; set once by each entry point. */
export let identity: Loaded<typeof exports>;

export function useIdentity(loaded: Loaded<typeof exports>): void {
  identity = loaded;
}
