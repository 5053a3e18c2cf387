/**
 * Replaces the clocks and the timers, which then only move when a test advances them.
 *
 * @param mock a test's, or that of `node:test`
 * @returns a function that sets the system clock back by milliseconds, and not the monotonic one
 */
export function stopClocks(mock, apis = ["setTimeout", "Date"]) {
  let ahead = 0;
  mock.timers.enable({ apis, now: Date.now() });
  mock.method(performance, "now", () => Date.now() + ahead);
  return (millis) => {
    ahead += millis;
    mock.timers.setTime(Date.now() - millis);
  };
}
