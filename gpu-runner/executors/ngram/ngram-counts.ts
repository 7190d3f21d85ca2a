// Counts n-grams as tokens stream by: a trie of hash tables in typed arrays, 24 bytes an n-gram.
//
// Level k holds the distinct k-grams; a k-gram is found by (index of its first k−1 words at level k−1, its last word).
// Two numbers are kept for each: how often it was seen (`raw`), and in how many distinct words' company on its left
// (`left`), the continuation count of Kneser–Ney. Because the suffix of a new (k+1)-gram is at hand when it is first
// seen, `left` grows on the fly and needs no second pass.

/** One level's columns, by the order in which its n-grams were first seen. */
export interface Level {
  size: number;
  parent: Int32Array;
  word: Int32Array;
  raw: Int32Array;
  left: Int32Array;
  /** Open addressing: index + 1, or 0 where free. Never more than half full. */
  slots: Int32Array;
}

export class TooManyNgrams extends Error {}

export interface NgramCounts {
  readonly order: number;
  readonly levels: Level[];
  /** Tokens counted. */
  tokens: number;
  /** Takes the next token of the running text. */
  add(word: number): void;
  /** Starts anew: the next token has no neighbour on its left. */
  breakText(): void;
}

const FIRST_CAPACITY = 1024;

export function createLevel(capacity = FIRST_CAPACITY): Level {
  return {
    size: 0,
    parent: new Int32Array(capacity),
    word: new Int32Array(capacity),
    raw: new Int32Array(capacity),
    left: new Int32Array(capacity),
    slots: new Int32Array(capacity * 2),
  };
}

/** @param limit n-grams of all lengths together; one more throws TooManyNgrams. */
export function createNgramCounts(order: number, limit: number, levels = Array.from({ length: order }, () => createLevel())): NgramCounts {
  // path[k] is the index at level k of the last k tokens; −1 where the running text is shorter than k.
  const path = new Int32Array(order + 1).fill(-1);
  path[0] = 0;
  let total = levels.reduce((sum, level) => sum + level.size, 0);

  const counts: NgramCounts = {
    order,
    levels,
    tokens: 0,
    add(word) {
      counts.tokens += 1;
      let grown = 0; // bit k: the k-gram is new
      for (let k = order; k >= 1; k -= 1) {
        const parent = path[k - 1] as number;
        if (parent < 0) {
          path[k] = -1;
          continue;
        }
        const level = levels[k - 1] as Level;
        const before = level.size;
        const index = findOrInsert(level, parent, word);
        if (level.size > before) grown |= 1 << k;
        level.raw[index] = (level.raw[index] as number) + 1;
        path[k] = index;
      }
      if (grown === 0) return;
      for (let k = 1; k <= order; k += 1) {
        if ((grown & (1 << k)) === 0) continue;
        total += 1;
        if (k === 1) continue;
        const suffix = path[k - 1] as number;
        const left = (levels[k - 2] as Level).left;
        left[suffix] = (left[suffix] as number) + 1;
      }
      if (total > limit) throw new TooManyNgrams(`more than ${limit} distinct n-grams`);
    },
    breakText() {
      path.fill(-1);
      path[0] = 0;
    },
  };
  return counts;
}

function findOrInsert(level: Level, parent: number, word: number): number {
  const mask = level.slots.length - 1;
  for (let slot = hash(parent, word) & mask; ; slot = (slot + 1) & mask) {
    const index = (level.slots[slot] as number) - 1;
    if (index < 0) return insert(level, { parent, word, slot });
    if (level.parent[index] === parent && level.word[index] === word) return index;
  }
}

function insert(level: Level, { parent, word, slot }: { parent: number; word: number; slot: number }): number {
  if (level.size === level.parent.length) {
    grow(level);
    return findOrInsert(level, parent, word);
  }
  const index = level.size;
  level.size += 1;
  level.parent[index] = parent;
  level.word[index] = word;
  level.slots[slot] = index + 1;
  return index;
}

function grow(level: Level): void {
  const capacity = level.parent.length * 2;
  const longer = (old: Int32Array) => {
    const column = new Int32Array(capacity);
    column.set(old);
    return column;
  };
  level.parent = longer(level.parent);
  level.word = longer(level.word);
  level.raw = longer(level.raw);
  level.left = longer(level.left);
  rebuildSlots(level);
}

/** Also what makes a level whole again after its columns were read from a checkpoint. */
export function rebuildSlots(level: Level): void {
  level.slots = new Int32Array(level.parent.length * 2);
  const mask = level.slots.length - 1;
  for (let index = 0; index < level.size; index += 1) {
    let slot = hash(level.parent[index] as number, level.word[index] as number) & mask;
    while (level.slots[slot] !== 0) slot = (slot + 1) & mask;
    level.slots[slot] = index + 1;
  }
}

function hash(parent: number, word: number): number {
  let mixed = Math.imul(parent, 0x9e3779b1) ^ Math.imul(word + 0x7f4a7c15, 0x85ebca6b);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
