import { setTimeout as pause } from "node:timers/promises";

/**
 * Repeats `look` until it returns something, and returns that. The result does not depend on how busy the machine
 * is: if it never comes, the runner's time limit ends the test.
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
