// The model that predicts: interpolated modified Kneser–Ney over sorted n-gram tables.
//
// S. F. Chen & J. Goodman, "An empirical study of smoothing techniques for language modeling", Computer Speech and
// Language 13 (1999), §3: with a(·) the count of the longest n-grams and the number of distinct left neighbours of all
// shorter ones, D the discount for counts 1, 2 and 3 or more, h′ the history h without its oldest word,
//
//   p(w | h) = (a(hw) − D(a(hw))) / A(h) + γ(h) · p(w | h′),   A(h) = Σ a(hw),   γ(h) = 1 − Σ (a(hw) − D(a(hw))) / A(h)
//
// and below single words the uniform distribution over the V known words and one class for all unknown ones, 1/(V+1).
// γ is computed from the n-grams that are kept, so probabilities sum to 1 whatever was dropped as too rare.
import type { Unit } from "./tokens.ts";

/** Discounts for n-grams seen once, twice, and three times or more. */
export type Discounts = [number, number, number];

/** The k-grams of one length, sorted by (index of the first k−1 words, last word). Words are numbered by frequency. */
export interface Table {
  /** Children of context c are at start[c] … start[c + 1] − 1. */
  start: Int32Array;
  word: Int32Array;
  count: Int32Array;
  /** Counts of children that were dropped as too rare, by context. */
  dropped: Int32Array;
  discounts: Discounts;
}

export interface ModelParts {
  unit: Unit;
  words: string[];
  /** tables[k − 1] holds the k-grams; tables[0] has one context and every known word, in order. */
  tables: Table[];
}

export const UNKNOWN = -1;

/** The last words, as indexes into the tables: state[k] for the last k of them, −1 where that k-gram was never seen. */
export type State = Int32Array;

export interface LanguageModel {
  readonly unit: Unit;
  readonly order: number;
  readonly words: readonly string[];
  readonly parts: ModelParts;
  /** p(word) of single words, by word. */
  readonly unigram: Float64Array;
  readonly unknownProbability: number;
  start(): State;
  advance(state: State, word: number): void;
  probability(state: State, word: number): number;
  /** γ of the context at level k (the last k words). */
  backoff(k: number, context: number): number;
  /** (a − D(a)) / A of the child at `index` of table k + 1. */
  own(k: number, context: number, index: number): number;
}

export function createLanguageModel(parts: ModelParts): LanguageModel {
  const { tables, words } = parts;
  const order = tables.length;
  const weights = tables.map(contextWeights);
  const uniform = 1 / (words.length + 1);
  const root = weights[0] as ContextWeights;
  const unknownProbability = (root.gamma[0] as number) * uniform;
  const own = (k: number, context: number, index: number) => {
    const table = tables[k] as Table;
    const count = table.count[index] as number;
    return (count - discountOf(table.discounts, count)) / ((weights[k] as ContextWeights).total[context] as number);
  };
  const unigram = new Float64Array(words.length);
  for (let word = 0; word < unigram.length; word += 1) {
    unigram[word] = ((root.total[0] as number) > 0 ? own(0, 0, word) : 0) + unknownProbability;
  }

  return {
    unit: parts.unit,
    order,
    words,
    parts,
    unigram,
    unknownProbability,
    own,
    backoff: (k, context) => (weights[k] as ContextWeights).gamma[context] as number,
    start() {
      const state = new Int32Array(order).fill(-1);
      state[0] = 0;
      return state;
    },
    advance(state, word) {
      for (let k = order - 1; k >= 1; k -= 1) {
        const parent = state[k - 1] as number;
        if (parent < 0 || word === UNKNOWN) state[k] = -1;
        else state[k] = k === 1 ? word : findChild(tables[k - 1] as Table, parent, word);
      }
    },
    probability(state, word) {
      let p = word === UNKNOWN ? unknownProbability : (unigram[word] as number);
      for (let k = 1; k < order; k += 1) {
        const context = state[k] as number;
        if (context < 0) break; // a longer history contains this one, so it was not seen either
        const { total, gamma } = weights[k] as ContextWeights;
        if (total[context] === 0) continue;
        const index = word === UNKNOWN ? -1 : findChild(tables[k] as Table, context, word);
        p = (gamma[context] as number) * p + (index < 0 ? 0 : own(k, context, index));
      }
      return p;
    },
  };
}

interface ContextWeights {
  total: Float64Array;
  gamma: Float64Array;
}

function contextWeights(table: Table): ContextWeights {
  const contexts = table.start.length - 1;
  const total = new Float64Array(contexts);
  const gamma = new Float64Array(contexts).fill(1);
  for (let context = 0; context < contexts; context += 1) {
    let sum = table.dropped[context] as number;
    let kept = 0;
    for (let index = table.start[context] as number; index < (table.start[context + 1] as number); index += 1) {
      const count = table.count[index] as number;
      sum += count;
      kept += count - discountOf(table.discounts, count);
    }
    total[context] = sum;
    if (sum > 0) gamma[context] = 1 - kept / sum;
  }
  return { total, gamma };
}

function discountOf(discounts: Discounts, count: number): number {
  return count === 0 ? 0 : count === 1 ? discounts[0] : count === 2 ? discounts[1] : discounts[2];
}

/** Index of (context, word) in the table, or −1. */
function findChild(table: Table, context: number, word: number): number {
  let low = table.start[context] as number;
  let high = (table.start[context + 1] as number) - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const here = table.word[middle] as number;
    if (here === word) return middle;
    if (here < word) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
