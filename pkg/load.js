import { guard } from "./core.js";

/**
 * Compiles a module that is inlined as text: synchronously or, if a page is not allowed to, when it is first needed.
 * Chrome versions before mid-2023 compile at most 4 KB synchronously on a page.
 *
 * @param {object} exports see `guard`
 * @param {{ init: Function, initSync: Function }} glue the generated module's loading functions
 * @param {string} base64 the `.wasm` file
 * @returns {{ core: () => object, ready: () => Promise<void>, atOnce: boolean }}
 */
export function loadInline(exports, { init, initSync }, base64) {
  const module = bytes(base64);
  const core = guard(exports);
  try {
    initSync({ module });
    return { core: () => core, ready: async () => {}, atOnce: true };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  let loading;
  let loaded = false;
  return {
    core() {
      if (!loaded) throw new Error("cloudauth-edge is still loading in this browser: await ready() first.");
      return core;
    },
    ready: () => (loading ??= init({ module_or_path: module }).then(() => void (loaded = true))),
    atOnce: false,
  };
}

function bytes(base64) {
  // If available, a Buffer takes a hundredth of the time.
  if (globalThis.Buffer) return globalThis.Buffer.from(base64, "base64");
  const text = atob(base64);
  const decoded = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) decoded[at] = text.charCodeAt(at);
  return decoded;
}
