/**
 * The WebAssembly module's exports, guarded.
 *
 * A trap (out of memory, a bug) leaves the instance in an undefined state. The exports are stateless, so the instance
 * is re-created before the error is rethrown, and the next call works.
 *
 * @param exports of the generated module: those in use, and `__wbg_reset_state`
 * @returns the same functions
 */
export function guard<Exports extends { __wbg_reset_state(): void }>({
  __wbg_reset_state: renew,
  ...exports
}: Exports): Omit<Exports, "__wbg_reset_state"> {
  const guarded: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(exports)) {
    guarded[name] = (...args: unknown[]) => {
      try {
        return (value as (...args: unknown[]) => unknown)(...args);
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) renew();
        throw error;
      }
    };
  }
  return guarded as Omit<Exports, "__wbg_reset_state">;
}
