// Alternating rounds and their summary.

import { watched } from "./noise.mjs";

export const ROUNDS = 7;
/** A round is discarded if other programs used more of the machine than this and enough rounds remain. */
export const OTHERS_LIMIT = 0.1;
/** A result is noisy if its interquartile range, relative to the median, exceeds this. */
export const SPREAD_LIMIT = 0.15;
/** Minimum number of quiet rounds before the others are discarded. */
export const ENOUGH = 3;

/**
 * Measures each contestant once per round, in turn, so that interference affects all of them. The first round is a
 * warm-up. Disturbed rounds are repeated while time allows.
 *
 * @param {Record<string, () => Promise<Record<string, number>>>} contestants
 * @returns {Promise<{ name: string, metrics: Record<string, Summary>, rounds: number, noisy: boolean }[]>}
 */
export async function alternate(contestants, { rounds = ROUNDS, limitSeconds = 60, warmUp = 1 } = {}) {
  const names = Object.keys(contestants);
  const taken = Object.fromEntries(names.map((name) => [name, []]));
  const quiet = (name) => taken[name].filter(({ others }) => !(others > OTHERS_LIMIT));
  const deadline = Date.now() + limitSeconds * 1000;
  for (let round = 0; round < warmUp + 2 * rounds; round++) {
    const made = round - warmUp;
    if (made >= rounds && names.every((name) => quiet(name).length >= rounds)) break;
    if (made >= ENOUGH && Date.now() > deadline) break;
    for (const name of names) {
      const { result, others } = await watched(contestants[name]);
      if (made >= 0) taken[name].push({ result, others });
    }
  }
  return names.map((name) => {
    const counted = quiet(name).length >= ENOUGH ? quiet(name) : taken[name];
    const keys = Object.keys(counted[0].result);
    const metrics = Object.fromEntries(
      keys.map((key) => [key, summary(counted.map(({ result }) => result[key]))]),
    );
    const disturbed = counted.some(({ others }) => others > OTHERS_LIMIT);
    const noisy = disturbed || Object.values(metrics).some(({ spread }) => spread > SPREAD_LIMIT);
    return { name, metrics, rounds: counted.length, noisy };
  });
}

/** A measurement that is made only once. */
export const once = (name, values) => ({
  name,
  metrics: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, summary([value])])),
  rounds: 1,
  noisy: false,
});

function summary(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const middleHalf = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  return {
    median,
    least: sorted[0],
    most: sorted.at(-1),
    spread: median === 0 ? 0 : middleHalf / Math.abs(median),
  };
}

/** A quantile of sorted numbers, interpolated. */
export function quantile(sorted, share) {
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  return sorted[below] + (sorted[Math.ceil(at)] - sorted[below]) * (at - below);
}
