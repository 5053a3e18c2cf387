// Alternating rounds, and what they come to.

import { watched } from "./noise.mjs";

export const ROUNDS = 7;
/** A round in which other programs had more of the machine than this is not counted, if enough others are left. */
export const OTHERS_LIMIT = 0.1;
/** A result whose middle half of rounds is further apart than this, against its median, is called noisy. */
export const SPREAD_LIMIT = 0.15;
/** Fewer quiet rounds than this are not enough to leave out the others. */
export const ENOUGH = 3;

/**
 * Measures each contestant once a round, by turns, so that whatever the machine does meets them all. A first round
 * warms up. Rounds that others disturbed are made again, as long as the time allows.
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

/** One measurement that is not repeated. */
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

/** Of sorted numbers, between neighbours where it falls between them. */
export function quantile(sorted, share) {
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  return sorted[below] + (sorted[Math.ceil(at)] - sorted[below]) * (at - below);
}
