/**
 * The WebAssembly module's exports, guarded.
 *
 * A trap (out of memory, a bug) leaves the instance in an undefined state. The exports are
 * stateless, so the instance is made anew before the error goes on, and the next call is right.
 *
 * @param {object} glue the generated module: the exports and `__wbg_reset_state`
 * @returns {object} the same functions
 */
export function guard(glue) {
  const guarded = {};
  for (const [name, value] of Object.entries(glue)) {
    if (typeof value !== "function" || name.startsWith("__") || name === "initSync" || name === "default")
      continue;
    guarded[name] = (...args) => {
      try {
        return value(...args);
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) glue.__wbg_reset_state();
        throw error;
      }
    };
  }
  return guarded;
}
