// Turns running counts into the sorted tables of a model: words numbered by frequency, rare n-grams dropped.
import type { Discounts, ModelParts, Table } from "./language-model.ts";
import type { Level, NgramCounts } from "./ngram-counts.ts";
import type { Unit } from "./tokens.ts";

export interface FreezeInput {
  counts: NgramCounts;
  vocabulary: readonly string[];
  unit: Unit;
  /** N-grams (single words too) seen less often are dropped. */
  minCount: number;
}

export interface Frozen {
  parts: ModelParts;
  /** By the vocabulary's numbering: the model's word, or −1 for a word it does not know. */
  wordOf: Int32Array;
}

export function freeze({ counts, vocabulary, unit, minCount }: FreezeInput): Frozen {
  const first = counts.levels[0] as Level;
  const ranked = [...Array(first.size).keys()].filter((index) => (first.raw[index] as number) >= minCount);
  ranked.sort((a, b) => (first.raw[b] as number) - (first.raw[a] as number) || (first.word[a] as number) - (first.word[b] as number));

  const wordOf = new Int32Array(vocabulary.length).fill(-1);
  for (const [rank, index] of ranked.entries()) wordOf[first.word[index] as number] = rank;

  const tables: Table[] = [];
  // newIndex[i]: where the level's i-th n-gram ended up in its table; −1 where dropped.
  let contextOf: Int32Array = new Int32Array(1);
  let contexts = 1;
  for (const [depth, level] of counts.levels.entries()) {
    const count = depth === counts.order - 1 ? level.raw : level.left;
    const { table, newIndex } = freezeLevel({ level, count, minCount, contextOf, contexts, wordOf, words: ranked.length });
    tables.push(table);
    contextOf = newIndex;
    contexts = table.word.length;
  }
  return { parts: { unit, words: ranked.map((index) => vocabulary[first.word[index] as number] as string), tables }, wordOf };
}

interface LevelInput {
  level: Level;
  count: Int32Array;
  minCount: number;
  contextOf: Int32Array;
  contexts: number;
  wordOf: Int32Array;
  words: number;
}

function freezeLevel({ level, count, minCount, contextOf, contexts, wordOf, words }: LevelInput): { table: Table; newIndex: Int32Array } {
  const dropped = new Int32Array(contexts);
  const kept: number[] | Int32Array = new Int32Array(level.size);
  let size = 0;
  for (let index = 0; index < level.size; index += 1) {
    const context = contextOf[level.parent[index] as number] as number;
    // What is kept is closed: an n-gram is never more frequent than its beginning or any of its words.
    if ((level.raw[index] as number) >= minCount) {
      kept[size] = index;
      size += 1;
    } else if (context >= 0) {
      dropped[context] = (dropped[context] as number) + (count[index] as number);
    }
  }
  // Two stable counting sorts, by word and then by context, order the n-grams in linear time.
  const newWord = (index: number) => wordOf[level.word[index] as number] as number;
  const newContext = (index: number) => contextOf[level.parent[index] as number] as number;
  const byWord = countingSort(kept.subarray(0, size), newWord, words).order;
  const { order, start } = countingSort(byWord, newContext, contexts);

  const table: Table = {
    start,
    word: new Int32Array(size),
    count: new Int32Array(size),
    dropped,
    discounts: estimateDiscounts(level.size, count),
  };
  const newIndex = new Int32Array(level.size).fill(-1);
  for (let place = 0; place < size; place += 1) {
    const index = order[place] as number;
    table.word[place] = newWord(index);
    table.count[place] = count[index] as number;
    newIndex[index] = place;
  }
  return { table, newIndex };
}

function countingSort(items: Int32Array, keyOf: (item: number) => number, keys: number): { order: Int32Array; start: Int32Array } {
  const start = new Int32Array(keys + 1);
  for (const item of items) {
    const next = keyOf(item) + 1;
    start[next] = (start[next] as number) + 1;
  }
  for (let key = 0; key < keys; key += 1) start[key + 1] = (start[key + 1] as number) + (start[key] as number);
  const free = start.slice();
  const order = new Int32Array(items.length);
  for (const item of items) {
    const key = keyOf(item);
    const place = free[key] as number;
    order[place] = item;
    free[key] = place + 1;
  }
  return { order, start };
}

/** For counts of counts too small or too odd to estimate from, the values KenLM falls back to (`--discount_fallback`). */
const FALLBACK: Discounts = [0.5, 1, 1.5];

/** Chen & Goodman (1999), eq. 17: Dₖ = k − (k + 1) · Y · nₖ₊₁ / nₖ with Y = n₁ / (n₁ + 2 n₂). */
export function estimateDiscounts(size: number, count: Int32Array): Discounts {
  const n = [0, 0, 0, 0, 0];
  for (let index = 0; index < size; index += 1) {
    const value = count[index] as number;
    if (value >= 1 && value <= 4) n[value] = (n[value] as number) + 1;
  }
  const [, n1, n2, n3, n4] = n as [number, number, number, number, number];
  if (n1 === 0 || n2 === 0 || n3 === 0) return FALLBACK;
  const y = n1 / (n1 + 2 * n2);
  const discounts: Discounts = [1 - (2 * y * n2) / n1, 2 - (3 * y * n3) / n2, 3 - (4 * y * n4) / n3];
  const isUsable = discounts.every((discount, index) => discount > 0 && discount <= index + 1);
  return isUsable ? discounts : FALLBACK;
}
