import * as glue from "#lab/cloudauth_edge.js";
import wasmUrl from "#lab/cloudauth_edge_bg.wasm?url";
import { guard } from "#pkg/core.js";
import type { Core } from "./types";

/** Loads the module; also used inside the list checker's worker. */
export async function loadCore(): Promise<Core> {
  await glue.default({ module_or_path: wasmUrl });
  return guard(glue) as Core;
}
