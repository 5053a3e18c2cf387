import { setTimeout as pause } from "node:timers/promises";

/**
 * Looks again and again until there is something, and gives it. How busy the machine is decides nothing: what never
 * comes is ended by the runner's limit for a test.
 *
 * @template T
 * @param {() => T | Promise<T>} look
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(look) {
  for (;;) {
    const found = await look();
    if (found) return found;
    await pause(20);
  }
}
