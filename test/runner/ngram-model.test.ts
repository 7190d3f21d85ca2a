// The n-gram model's mathematics, against a brute-force implementation of its definition.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimateDiscounts, freeze } from "../../gpu-runner/executors/ngram/freeze.ts";
import { createLanguageModel, type LanguageModel, UNKNOWN } from "../../gpu-runner/executors/ngram/language-model.ts";
import { decodeModel, encodeModel, NotAModel } from "../../gpu-runner/executors/ngram/model-file.ts";
import { createNgramCounts, TooManyNgrams } from "../../gpu-runner/executors/ngram/ngram-counts.ts";
import { createRandom } from "../../gpu-runner/executors/ngram/random.ts";
import { createSampler } from "../../gpu-runner/executors/ngram/sampler.ts";
import { bruteForce } from "./support/brute-force-kneser-ney.ts";

interface Trained {
  model: LanguageModel;
  wordOf: Int32Array;
}

function trainOn(segments: readonly (readonly number[])[], order: number, minCount = 1, vocabularySize = 8): Trained {
  const counts = createNgramCounts(order, 1e6);
  for (const segment of segments) {
    counts.breakText();
    for (const word of segment) counts.add(word);
  }
  const vocabulary = Array.from({ length: vocabularySize }, (_, index) => `w${index}`);
  const { parts, wordOf } = freeze({ counts, vocabulary, unit: "word", minCount });
  return { model: createLanguageModel(parts), wordOf };
}

function probability({ model, wordOf }: Trained, history: readonly number[], word: number): number {
  const number = (one: number) => (one === UNKNOWN ? UNKNOWN : (wordOf[one] as number));
  const state = model.start();
  for (const one of history) model.advance(state, number(one));
  return model.probability(state, number(word));
}

const word = fc.integer({ min: 0, max: 5 });
const corpus = fc.array(fc.array(word, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 4 });
const setting = fc.record({
  segments: corpus,
  order: fc.integer({ min: 1, max: 4 }),
  minCount: fc.integer({ min: 1, max: 3 }),
  history: fc.array(word, { maxLength: 6 }),
});

describe("the n-gram model", () => {
  it("gives the probabilities of the brute-force definition, for any text, order, pruning and history", () => {
    fc.assert(
      fc.property(setting, ({ segments, order, minCount, history }) => {
        const oracle = bruteForce(segments, order, minCount);
        fc.pre(oracle.words.length > 0);
        const trained = trainOn(segments, order, minCount);
        for (const one of [...oracle.words, UNKNOWN]) {
          expect(probability(trained, history, one)).toBeCloseTo(oracle.probability(history, one), 10);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("gives probabilities that sum to 1 over all known words and the unknown one, after any history", () => {
    fc.assert(
      fc.property(setting, ({ segments, order, minCount, history }) => {
        const { model, wordOf } = trainOn(segments, order, minCount);
        fc.pre(model.words.length > 0);
        const state = model.start();
        for (const one of history) model.advance(state, wordOf[one] ?? UNKNOWN);
        let sum = model.probability(state, UNKNOWN);
        for (let one = 0; one < model.words.length; one += 1) sum += model.probability(state, one);
        expect(sum).toBeCloseTo(1, 9);
      }),
      { numRuns: 150 },
    );
  });

  it("matches a bigram model worked out by hand", () => {
    // "a b a b a c": bigrams ab 2, ba 2, ac 1; left neighbours: a {b}, b {a}, c {a}; too few counts: D = 0.5, 1, 1.5.
    const trained = trainOn([[0, 1, 0, 1, 0, 2]], 2);
    const unigram = (1 - 0.5) / 3 + (0.5 * 3) / 3 / 4; // each of the three words, with V + 1 = 4
    expect(probability(trained, [], 0)).toBeCloseTo(unigram, 12);
    const gamma = 1 - (2 - 1 + (1 - 0.5)) / 3;
    expect(probability(trained, [0], 1)).toBeCloseTo((2 - 1) / 3 + gamma * unigram, 12);
    expect(probability(trained, [0], 2)).toBeCloseTo((1 - 0.5) / 3 + gamma * unigram, 12);
    expect(probability(trained, [0], 0)).toBeCloseTo(gamma * unigram, 12);
  });

  it("estimates discounts by Chen and Goodman's formula, and falls back where counts are too few", () => {
    // n1 = 8, n2 = 4, n3 = 2, n4 = 1 give Y = 1/2 and D = 1/2, 5/4, 2.
    const counts = Int32Array.from([...Array(8).fill(1), ...Array(4).fill(2), 3, 3, 4]);
    expect(estimateDiscounts(counts.length, counts)).toEqual([0.5, 1.25, 2]);
    expect(estimateDiscounts(2, Int32Array.from([1, 1]))).toEqual([0.5, 1, 1.5]);
  });

  it("refuses to count past its memory limit", () => {
    const counts = createNgramCounts(3, 5);
    expect(() => {
      for (let one = 0; one < 10; one += 1) counts.add(one);
    }).toThrow(TooManyNgrams);
  });
});

describe("the sampler", () => {
  const text = Array.from({ length: 400 }, (_, index) => (index * index + (index >> 2)) % 6);

  it("draws words as often as their probability says, at temperature 1", () => {
    const { model } = trainOn([text], 3);
    const state = model.start();
    model.advance(state, 0);
    model.advance(state, 1);
    const sampler = createSampler(model, 1, createRandom(1));
    const draws = 60_000;
    const seen = new Array<number>(model.words.length).fill(0);
    for (let draw = 0; draw < draws; draw += 1) {
      const one = sampler.next(state);
      seen[one] = (seen[one] as number) + 1;
    }
    const known = 1 - model.probability(state, UNKNOWN);
    for (const [one, count] of seen.entries()) {
      const expected = model.probability(state, one) / known;
      expect(Math.abs(count / draws - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / draws) + 1e-9);
    }
  });

  it("sharpens and flattens the distribution by the temperature", () => {
    const { model } = trainOn([text], 2);
    const state = model.start();
    model.advance(state, 2);
    for (const temperature of [0.5, 2]) {
      const sampler = createSampler(model, temperature, createRandom(2));
      const weights = model.words.map((_, one) => model.probability(state, one) ** (1 / temperature));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      const draws = 60_000;
      const seen = new Array<number>(model.words.length).fill(0);
      for (let draw = 0; draw < draws; draw += 1) {
        const one = sampler.next(state);
        seen[one] = (seen[one] as number) + 1;
      }
      for (const [one, count] of seen.entries()) {
        const expected = (weights[one] as number) / sum;
        expect(Math.abs(count / draws - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / draws) + 1e-9);
      }
    }
  });

  it("takes the likeliest word at temperature 0", () => {
    const { model } = trainOn([text], 3);
    const state = model.start();
    const sampler = createSampler(model, 0, createRandom(3));
    for (const one of text.slice(0, 50)) {
      const all = model.words.map((_, index) => model.probability(state, index));
      expect(all[sampler.next(state)]).toBeCloseTo(Math.max(...all), 12);
      model.advance(state, one);
    }
  });
});

describe("the random numbers", () => {
  it("are the same for the same seed, differ between seeds, and are spread evenly", () => {
    const take = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 10_000 }, () => random.next());
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
    const numbers = take(7);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(numbers.reduce((sum, number) => sum + number, 0) / numbers.length).toBeCloseTo(0.5, 1);
  });
});

describe("the model file", () => {
  it("gives back the same model", async () => {
    const { model } = trainOn([[0, 1, 2, 3, 1, 2, 0, 1, 2, 2]], 3);
    const { header, model: read } = await decodeModel(await encodeModel(model.parts, { name: "x", tokens: 10, perplexity: 2 }));
    expect(header).toMatchObject({ name: "x", order: 3, unit: "word", vocabulary: 4, tokens: 10, perplexity: 2 });
    expect(read.parts).toEqual(model.parts);
  });

  it("is refused when it is damaged in any way, and never takes the process down", async () => {
    const { model } = trainOn([[0, 1, 2, 3, 1, 2, 0, 1, 2, 2]], 3);
    const { gzipSync, gunzipSync } = await import("node:zlib");
    const whole = gunzipSync(await encodeModel(model.parts, { name: null, tokens: 10, perplexity: 2 }));
    await expect(decodeModel(Buffer.from("no gzip"))).rejects.toThrow(NotAModel);
    await expect(decodeModel(gzipSync("something else"))).rejects.toThrow(NotAModel);
    for (let cut = 0; cut < whole.length; cut += 7) await expect(decodeModel(gzipSync(whole.subarray(0, cut)))).rejects.toThrow(NotAModel);
  });
});
