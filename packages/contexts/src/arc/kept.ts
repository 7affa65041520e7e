import type { Observation } from './evidence/observation.js';

/** The last looks, as many as a snapshot may hold. */
export interface Kept {
  readonly observations: readonly Observation[];
  /** How many gave way, from the beginning. */
  readonly dropped: number;
  add(observation: Observation): void;
}

/** Keeps looks, bounded in number and in their length as JSON; the last one is kept in any case. */
export function createKept(
  most: { readonly looks: number; readonly characters: number } = { looks: 1_000, characters: 24 << 20 },
): Kept {
  const all: { readonly observation: Observation; readonly length: number }[] = [];
  let length = 0;
  let dropped = 0;
  return {
    get observations() {
      return all.map(({ observation }) => observation);
    },
    get dropped() {
      return dropped;
    },
    add(observation) {
      const one = { observation, length: JSON.stringify(observation).length };
      all.push(one);
      length += one.length;
      while (all.length > 1 && (all.length > most.looks || length > most.characters)) {
        length -= all.shift()?.length ?? 0;
        dropped += 1;
      }
    },
  };
}
