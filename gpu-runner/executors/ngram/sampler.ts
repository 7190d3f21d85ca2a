// Draws the next word from a model at a temperature, exactly, without touching the whole vocabulary.
//
// Only words seen after the current history have a probability of their own; all others have Γ · p(word), with Γ the
// product of the back-off weights. So the words of the first kind are weighed one by one and the rest as one lump, whose
// members are found by binary search in cumulated single-word weights.
import type { LanguageModel, State, Table } from "./language-model.ts";
import type { Random } from "./random.ts";

export interface Sampler {
  next(state: State): number;
}

/** Draws from the lump may hit a word that was weighed by itself; so many hits in a row mean the lump is all but empty. */
const MAX_REJECTIONS = 1000;

/** @param temperature probabilities are raised to 1/temperature; 0 takes the likeliest word. */
export function createSampler(model: LanguageModel, temperature: number, random: Random): Sampler {
  const { unigram, parts } = model;
  const size = unigram.length;
  const likeliestFirst = [...unigram.keys()].sort((a, b) => (unigram[b] as number) - (unigram[a] as number) || a - b);
  const highest = unigram[likeliestFirst[0] as number] as number;
  const sharpen = (p: number, top: number) => Math.exp(Math.log(p / top) / temperature);
  const cumulated = temperature > 0 ? cumulate(unigram, (p) => sharpen(p, highest)) : new Float64Array(0);

  // Scratch space: the words weighed by themselves at this step, and which step marked a word.
  const seen = new Int32Array(size);
  const probability = new Float64Array(size);
  let words: number[] = [];
  let step = 0;

  /** Fills words and probability, and returns Γ. */
  function weigh(state: State): number {
    step += 1;
    words = [];
    let gamma = 1;
    for (let k = 1; k < model.order; k += 1) {
      const context = state[k] as number;
      if (context < 0) break;
      const table = parts.tables[k] as Table;
      const from = table.start[context] as number;
      const to = table.start[context + 1] as number;
      if (from === to) continue;
      const backoff = model.backoff(k, context);
      if (!(backoff >= 0 && backoff <= 1)) continue;
      gamma *= backoff;
      for (const word of words) probability[word] = (probability[word] as number) * backoff;
      for (let index = from; index < to; index += 1) {
        const word = table.word[index] as number;
        if (seen[word] !== step) {
          seen[word] = step;
          words.push(word);
          probability[word] = gamma * (unigram[word] as number);
        }
        const own = model.own(k, context, index);
        if (own > 0) probability[word] = (probability[word] as number) + own;
      }
    }
    return gamma;
  }

  function likeliest(gamma: number): number {
    const other = likeliestFirst.find((word) => seen[word] !== step);
    let best = other ?? (words[0] as number);
    let top = other === undefined ? -1 : gamma * (unigram[other] as number);
    for (const word of words) {
      const p = probability[word] as number;
      if (p > top || (p === top && word < best)) {
        best = word;
        top = p;
      }
    }
    return best;
  }

  function draw(gamma: number): number {
    let top = gamma * highest;
    for (const word of words) top = Math.max(top, probability[word] as number);
    const weights = new Float64Array(words.length);
    let sum = 0;
    let alsoInLump = 0;
    for (const [place, word] of words.entries()) {
      const weight = sharpen(probability[word] as number, top);
      weights[place] = weight;
      sum += weight;
      alsoInLump += sharpen(unigram[word] as number, highest);
    }
    const scale = gamma > 0 ? sharpen(gamma * highest, top) : 0;
    const lump = scale * Math.max(0, (cumulated[size - 1] as number) - alsoInLump);
    let target = random.next() * (sum + lump);
    if (target >= sum && words.length < size) {
      for (let rejections = 0; rejections < MAX_REJECTIONS; rejections += 1) {
        const word = search(cumulated, random.next() * (cumulated[size - 1] as number));
        if (seen[word] !== step) return word;
      }
      target = random.next() * sum;
    }
    for (const [place, weight] of weights.entries()) {
      target -= weight;
      if (target < 0) return words[place] as number;
    }
    return words.at(-1) ?? (likeliestFirst[0] as number);
  }

  return {
    next(state) {
      const gamma = weigh(state);
      return temperature > 0 ? draw(gamma) : likeliest(gamma);
    },
  };
}

function cumulate(values: Float64Array, weight: (value: number) => number): Float64Array {
  const sums = new Float64Array(values.length);
  let sum = 0;
  for (const [index, value] of values.entries()) {
    sum += weight(value);
    sums[index] = sum;
  }
  return sums;
}

/** The first index whose cumulated weight exceeds `target`. */
function search(sums: Float64Array, target: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] as number) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
