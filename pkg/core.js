/**
 * The WebAssembly module's exports, guarded.
 *
 * A trap (out of memory, a bug) leaves the instance in an undefined state. The exports are stateless, so the instance
 * is re-created before the error is rethrown, and the next call works.
 *
 * @param {object} exports of the generated module: those in use, and `__wbg_reset_state`
 * @returns {object} the same functions
 */
export function guard({ __wbg_reset_state: renew, ...exports }) {
  const guarded = {};
  for (const [name, value] of Object.entries(exports)) {
    guarded[name] = (...args) => {
      try {
        return value(...args);
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) renew();
        throw error;
      }
    };
  }
  return guarded;
}
