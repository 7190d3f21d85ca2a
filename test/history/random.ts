// Seeded randomness: the same seed gives the same decisions, so a failure can be replayed.

export type Random = {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  /** True in so many of 1 cases. */
  chance(probability: number): boolean;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  /** One of these, or undefined where there is none. */
  pickFrom<Item>(items: readonly Item[]): Item | undefined;
  /** By weight: the key of one entry. */
  weighted<Key extends string>(weights: Record<Key, number>): Key;
  /** A generator of its own for one of several concurrent workers. */
  fork(): Random;
};

/** mulberry32: 32 bits of state, good enough to choose operations by. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (items) => items[int(0, items.length - 1)] as (typeof items)[number],
    pickFrom: (items) => items[int(0, items.length - 1)],
    weighted(weights) {
      const entries = Object.entries(weights) as [keyof typeof weights, number][];
      let at = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [key, weight] of entries) {
        at -= weight;
        if (at < 0) return key;
      }
      return (entries[0] as (typeof entries)[number])[0];
    },
    fork: () => createRandom(int(0, 0xffffffff)),
  };
}
