import { guard } from "./core.js";

interface Glue {
  init(options: { module_or_path: Uint8Array }): Promise<unknown>;
  initSync(options: { module: Uint8Array }): unknown;
}

/** A module's guarded exports. */
export interface Loaded<Exports> {
  /** Throws if the module is not loaded yet. */
  core(): Omit<Exports, "__wbg_reset_state">;
  /** Resolves when the module is loaded. */
  ready(): Promise<void>;
  /** Whether the module is loaded from the start. */
  atOnce: boolean;
}

/** Wraps a module that the runtime has compiled. */
export function loaded<Exports extends { __wbg_reset_state(): void }>(exports: Exports): Loaded<Exports> {
  const core = guard(exports);
  return { core: () => core, ready: async () => {}, atOnce: true };
}

/**
 * Compiles a module that is inlined as text: synchronously or, if a page does not allow that, when it is first
 * needed. Chrome versions before mid-2023 compile at most 4 KB synchronously on a page. Elsewhere a RangeError means that
 * there is no memory for the module.
 *
 * @param exports see `guard`
 * @param glue the generated module's loading functions
 * @param base64 the `.wasm` file
 */
export function loadInline<Exports extends { __wbg_reset_state(): void }>(
  exports: Exports,
  { init, initSync }: Glue,
  base64: string,
): Loaded<Exports> {
  const module = bytes(base64);
  try {
    initSync({ module });
    return loaded(exports);
  } catch (error) {
    if (!(error instanceof RangeError) || globalThis.process?.versions?.node) throw error;
  }
  const core = guard(exports);
  let loading: Promise<void> | undefined;
  let isLoaded = false;
  return {
    core() {
      if (!isLoaded) throw new Error("cloudauth-edge is still loading in this browser: await ready() first.");
      return core;
    },
    ready: () =>
      (loading ??= init({ module_or_path: module }).then(
        () => void (isLoaded = true),
        (error: unknown) => {
          // The next call tries again.
          loading = undefined;
          throw error;
        },
      )),
    atOnce: false,
  };
}

function bytes(base64: string): Uint8Array {
  // If available, Buffer takes a hundredth of the time.
  if (globalThis.Buffer) return globalThis.Buffer.from(base64, "base64");
  const text = atob(base64);
  const decoded = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) decoded[at] = text.charCodeAt(at);
  return decoded;
}
