// How well a model predicts text it was not trained on: exp of the mean negative log probability of its tokens.
import { type LanguageModel, UNKNOWN } from "./language-model.ts";

export interface Measured {
  /** Unknown words count as one word class of the model, so they cost their full price. */
  perplexity: number;
  tokens: number;
  /** Share of tokens that the model does not know. */
  unknownRate: number;
}

/** @param blocks runs of words, each with a history of its own. */
export function measurePerplexity(model: LanguageModel, blocks: Iterable<ArrayLike<number>>): Measured {
  let logSum = 0;
  let tokens = 0;
  let unknown = 0;
  for (const block of blocks) {
    const state = model.start();
    for (let index = 0; index < block.length; index += 1) {
      const word = block[index] as number;
      logSum += Math.log(model.probability(state, word));
      model.advance(state, word);
      tokens += 1;
      if (word === UNKNOWN) unknown += 1;
    }
  }
  return { perplexity: Math.exp(-logSum / tokens), tokens, unknownRate: unknown / tokens };
}
