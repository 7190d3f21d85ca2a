// Writes text with a model: the prompt sets the history, a seeded sampler draws what follows, pieces stream out.
import { setImmediate as nextTurn } from "node:timers/promises";
import { type LanguageModel, UNKNOWN } from "./language-model.ts";
import { createRandom } from "./random.ts";
import { createSampler } from "./sampler.ts";
import { joinTokens, LINE, PARAGRAPH, tokenise } from "./tokens.ts";

export interface GenerateRequest {
  prompt: string;
  maxTokens: number;
  temperature: number;
  seed: number;
}

export interface GenerateReport {
  /** What follows the prompt: prompt + text reads on. */
  text: string;
  tokens: number;
  finishReason: "length";
}

export interface GenerateHooks {
  signal: AbortSignal;
  /** A piece of text as soon as it is there. */
  chunk(text: string): void;
}

/** Tokens drawn within this time travel together: faster than anybody reads, and no flood of lines. */
const GROUP_MS = 40;

export async function generate(model: LanguageModel, request: GenerateRequest, hooks: GenerateHooks): Promise<GenerateReport> {
  const numbers = new Map(model.words.map((word, index) => [word, index]));
  const state = model.start();
  const given = tokenise(request.prompt, model.unit);
  // Without a prompt the text starts as a paragraph does.
  for (const token of given.length > 0 ? given : [numbers.has(PARAGRAPH) ? PARAGRAPH : LINE]) {
    model.advance(state, numbers.get(token) ?? UNKNOWN);
  }

  const sampler = createSampler(model, request.temperature, createRandom(request.seed));
  let text = "";
  let sent = 0;
  let groupStart = performance.now();
  const flush = () => {
    if (text.length > sent) hooks.chunk(text.slice(sent));
    sent = text.length;
    groupStart = performance.now();
  };
  for (let count = 0; count < request.maxTokens; count += 1) {
    const word = sampler.next(state);
    model.advance(state, word);
    text += joinTokens([model.words[word] as string], text === "" ? request.prompt : text);
    if (performance.now() - groupStart >= GROUP_MS) {
      flush();
      await nextTurn();
      hooks.signal.throwIfAborted();
    }
  }
  flush();
  return { text, tokens: request.maxTokens, finishReason: "length" };
}
