import { guard } from "./core.js";

/**
 * Loads a module in a browser, once, when it is first needed. A failed download is tried again by
 * the next caller.
 *
 * @param {object} glue the generated module
 * @param {URL} url of the `.wasm` file
 */
export function loadOnce(glue, url) {
  const core = guard(glue);
  let loading;
  let loaded = false;
  const load = () => glue.default({ module_or_path: url }).then(() => void (loaded = true));
  return {
    core() {
      if (!loaded) throw new Error("cloudauth-edge is still loading in this browser: await ready() first.");
      return core;
    },
    ready: () => (loading ??= load().catch((error) => ((loading = undefined), Promise.reject(error)))),
  };
}
