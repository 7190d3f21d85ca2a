// Keeps the last models used in memory, so that the next text from one of them starts at once.
import { readFile } from "node:fs/promises";
import { BadInput } from "./bad-input.ts";
import type { LanguageModel } from "./language-model.ts";
import { decodeModel, NotAModel } from "./model-file.ts";

export interface ModelCache {
  /** @throws BadInput where the file is not a model. */
  load(path: string): Promise<LanguageModel>;
}

export function createModelCache(capacity = 4): ModelCache {
  // A Map remembers the order of insertion: the first key is the one used longest ago.
  const models = new Map<string, LanguageModel>();
  return {
    async load(path) {
      let model = models.get(path);
      models.delete(path);
      if (!model) {
        if (models.size >= capacity) models.delete(models.keys().next().value as string);
        model = await read(path);
      }
      models.set(path, model);
      return model;
    },
  };
}

async function read(path: string): Promise<LanguageModel> {
  try {
    return (await decodeModel(await readFile(path))).model;
  } catch (error) {
    if (error instanceof NotAModel)
      throw new BadInput(`modelId does not name an ngram model: ${error.message}. Give result.modelId of a train job.`);
    throw error;
  }
}
