import { guard } from "./core.js";

/**
 * Loads a module in a browser, once, when it is first needed. A failed download is tried again by
 * the next caller.
 *
 * @param {object} exports see `guard`
 * @param {(options: object) => Promise<unknown>} init the generated module's own loading
 * @param {URL | Uint8Array} module the `.wasm` file's address or its bytes
 */
export function loadOnce(exports, init, module) {
  const core = guard(exports);
  let loading;
  let loaded = false;
  const load = () => init({ module_or_path: module }).then(() => void (loaded = true));
  return {
    core() {
      if (!loaded) throw new Error("cloudauth-edge is still loading in this browser: await ready() first.");
      return core;
    },
    ready: () => (loading ??= load().catch((error) => ((loading = undefined), Promise.reject(error)))),
  };
}
