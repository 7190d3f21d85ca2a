// Trains a model: reads the text once into token numbers, then counts it in steps and measures it after each of them on
// blocks of text that it never counts. The same text and options give the same model, byte for byte.
import { existsSync } from "node:fs";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { BadInput } from "./bad-input.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { type Corpus, readCorpus } from "./corpus.ts";
import { type Frozen, freeze } from "./freeze.ts";
import { type HoldOut, planHoldOut } from "./hold-out.ts";
import { createLanguageModel } from "./language-model.ts";
import { encodeModel } from "./model-file.ts";
import { createNgramCounts, type NgramCounts, TooManyNgrams } from "./ngram-counts.ts";
import { type Measured, measurePerplexity } from "./perplexity.ts";
import { readBlocks } from "./token-file.ts";
import type { Unit } from "./tokens.ts";

export interface TrainRequest {
  textPath: string;
  modelPath: string;
  /** Outlives the attempt: tokens and checkpoints are kept here. */
  checkpointDir: string;
  name: string | null;
  options: { order: number; unit: Unit; heldOutFraction: number; minCount: number };
  memoryMib: number;
}

export interface TrainReport {
  order: number;
  unit: Unit;
  /** On held-out text, after the last step. */
  perplexity: number;
  /** After each step. */
  perplexities: number[];
  unknownRate: number;
  /** Counted tokens; the held-out ones are apart. */
  tokens: number;
  heldOutTokens: number;
  vocabulary: number;
  ngrams: number;
  modelBytes: number;
  resumedFromStep: number;
}

export interface TrainHooks {
  signal: AbortSignal;
  log(line: string): void;
  progress(progress: { done: number; total: number; note: string }): void;
}

const STEPS = 10;
const MIN_TOKENS = 200;
/** Measuring more tells no more: the error of the mean is below one per cent. */
const MAX_MEASURED_TOKENS = 200_000;
/** 24 bytes while counting, as many again while tables are half full or growing, 12 in the finished table. */
const BYTES_AN_NGRAM = 60;
/** Work that may be lost is worth a checkpoint only when there is some of it, and saving may take a tenth of the time. */
const CHECKPOINT = { atMostEveryMs: 1000, restFactor: 10 };
const TURN_EVERY_MS = 20;

export async function train(request: TrainRequest, hooks: TrainHooks): Promise<TrainReport> {
  const { options, checkpointDir } = request;
  const tokensPath = join(checkpointDir, "tokens.bin");
  const corpus = await openCorpus(request, tokensPath, hooks);
  if (corpus.tokens < MIN_TOKENS) {
    throw new BadInput(`The dataset has ${corpus.tokens} tokens; at least ${MIN_TOKENS} are needed. Upload a longer text.`);
  }
  const plan = planHoldOut(corpus.tokens, options.heldOutFraction);
  const heldOut = await gatherHeldOut(tokensPath, plan, options.heldOutFraction * corpus.tokens);
  if (heldOut.length === 0) {
    throw new BadInput(
      `The dataset is too short to hold out ${options.heldOutFraction} of it. Raise options.heldOutFraction or upload a longer text.`,
    );
  }

  const trainBlocks = plan.blocks - countHeldOut(plan);
  const steps = Math.min(STEPS, trainBlocks);
  const saved = await loadCheckpoint(checkpointDir, options.order);
  const counts = createNgramCounts(options.order, Math.floor((request.memoryMib * 1024 * 1024) / BYTES_AN_NGRAM), saved?.levels);
  counts.tokens = saved?.tokens ?? 0;
  const perplexities = saved?.perplexities ?? [];
  const resumedFromStep = perplexities.length;
  if (resumedFromStep > 0) hooks.log(`going on after step ${resumedFromStep}/${steps}, from a checkpoint`);

  let checkpointAt = performance.now() + CHECKPOINT.atMostEveryMs;
  let frozen: Frozen | undefined;
  let measured: Measured | undefined;
  let nextBlock = saved?.nextBlock ?? 0;
  for (let step = resumedFromStep + 1; step <= steps; step += 1) {
    const until = Math.ceil((trainBlocks * step) / steps);
    nextBlock = await countBlocks({
      counts,
      plan,
      tokensPath,
      fromBlock: nextBlock,
      wanted: until - Math.ceil((trainBlocks * (step - 1)) / steps),
      hooks,
      request,
    });
    frozen = freeze({ counts, vocabulary: corpus.vocabulary, unit: options.unit, minCount: options.minCount });
    measured = measure(frozen, heldOut);
    perplexities.push(measured.perplexity);
    const note = `step ${step}/${steps}, perplexity ${format(measured.perplexity)}`;
    hooks.log(`${note} (${counts.tokens} tokens, ${frozen.parts.words.length} words, ${ngramsOf(frozen)} n-grams)`);
    hooks.progress({ done: step, total: steps, note });
    const now = performance.now();
    if (now > checkpointAt) {
      await saveCheckpoint(checkpointDir, { perplexities, nextBlock, counts });
      checkpointAt = performance.now() + Math.max(CHECKPOINT.atMostEveryMs, CHECKPOINT.restFactor * (performance.now() - now));
    }
    await nextTurn();
    hooks.signal.throwIfAborted();
  }

  // A checkpoint after the last step leaves only the file to write.
  frozen ??= freeze({ counts, vocabulary: corpus.vocabulary, unit: options.unit, minCount: options.minCount });
  measured ??= measure(frozen, heldOut);
  const file = await encodeModel(frozen.parts, { name: request.name, tokens: counts.tokens, perplexity: measured.perplexity });
  await writeFile(request.modelPath, file);
  return {
    order: options.order,
    unit: options.unit,
    perplexity: measured.perplexity,
    perplexities,
    unknownRate: measured.unknownRate,
    tokens: counts.tokens,
    heldOutTokens: measured.tokens,
    vocabulary: frozen.parts.words.length,
    ngrams: ngramsOf(frozen),
    modelBytes: file.length,
    resumedFromStep,
  };
}

/** The text as token numbers: read now, or found as an earlier attempt left it. */
async function openCorpus(request: TrainRequest, tokensPath: string, hooks: TrainHooks): Promise<Corpus> {
  const vocabularyPath = join(request.checkpointDir, "vocabulary.json");
  if (existsSync(vocabularyPath)) return JSON.parse(await readFile(vocabularyPath, "utf8")) as Corpus;
  const { size } = await stat(request.textPath);
  hooks.log(`reading ${size} bytes of text`);
  let turn = performance.now();
  const corpus = await readCorpus({
    textPath: request.textPath,
    tokensPath,
    unit: request.options.unit,
    onProgress: async (bytesRead) => {
      if (performance.now() - turn < 1000) return;
      turn = performance.now();
      hooks.progress({ done: 0, total: STEPS, note: `reading the text, ${Math.floor((100 * bytesRead) / size)} %` });
      await nextTurn();
      hooks.signal.throwIfAborted();
    },
  });
  // Renamed into place last: its presence says that the tokens are complete.
  await writeFile(`${vocabularyPath}.part`, JSON.stringify(corpus));
  await rename(`${vocabularyPath}.part`, vocabularyPath);
  hooks.log(`${corpus.tokens} tokens, ${corpus.vocabulary.length} different ones`);
  return corpus;
}

async function gatherHeldOut(tokensPath: string, plan: HoldOut, expectedTokens: number): Promise<Int32Array[]> {
  const every = Math.max(1, Math.ceil(expectedTokens / MAX_MEASURED_TOKENS));
  const blocks: Int32Array[] = [];
  let seen = 0;
  for await (const { block, tokens } of readBlocks(tokensPath, plan.blockTokens)) {
    if (!plan.isHeldOut(block)) continue;
    if (seen % every === 0) blocks.push(tokens.slice());
    seen += 1;
  }
  return blocks;
}

function countHeldOut(plan: HoldOut): number {
  let heldOut = 0;
  for (let block = 0; block < plan.blocks; block += 1) if (plan.isHeldOut(block)) heldOut += 1;
  return heldOut;
}

interface CountInput {
  counts: NgramCounts;
  plan: HoldOut;
  tokensPath: string;
  fromBlock: number;
  /** Blocks to count, held-out ones not included. */
  wanted: number;
  hooks: TrainHooks;
  request: TrainRequest;
}

/** Counts the next `wanted` blocks and returns the block to go on with. */
async function countBlocks({ counts, plan, tokensPath, fromBlock, wanted, hooks, request }: CountInput): Promise<number> {
  // Each step starts a new run of text, so that a resumed training counts exactly what an unbroken one does.
  counts.breakText();
  let left = wanted;
  let turn = performance.now();
  try {
    for await (const { block, tokens } of readBlocks(tokensPath, plan.blockTokens, fromBlock)) {
      if (plan.isHeldOut(block)) {
        counts.breakText();
        continue;
      }
      for (const token of tokens) counts.add(token);
      left -= 1;
      if (left === 0) return block + 1;
      if (performance.now() - turn > TURN_EVERY_MS) {
        await nextTurn();
        hooks.signal.throwIfAborted();
        turn = performance.now();
      }
    }
  } catch (error) {
    if (!(error instanceof TooManyNgrams)) throw error;
    throw new BadInput(
      `The dataset has ${error.message}, too many for the ${request.memoryMib} MiB that this runner allows a training (RUNNER_NGRAM_MEMORY_MIB). Lower options.order, use less text, or allow more memory.`,
    );
  }
  return plan.blocks;
}

function measure({ parts, wordOf }: Frozen, heldOut: Int32Array[]): Measured {
  const model = createLanguageModel(parts);
  return measurePerplexity(
    model,
    heldOut.map((block) => block.map((token) => wordOf[token] as number)),
  );
}

function ngramsOf({ parts }: Frozen): number {
  return parts.tables.reduce((sum, table) => sum + table.word.length, 0);
}

function format(perplexity: number): string {
  return perplexity.toFixed(perplexity < 100 ? 2 : 1);
}
