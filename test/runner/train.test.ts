// Training and writing text, in process: does it learn, is it reproducible, does it refuse what it cannot use.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BadInput } from "../../gpu-runner/executors/ngram/bad-input.ts";
import { generate } from "../../gpu-runner/executors/ngram/generate.ts";
import { decodeModel } from "../../gpu-runner/executors/ngram/model-file.ts";
import { createRandom } from "../../gpu-runner/executors/ngram/random.ts";
import { type TrainReport, train } from "../../gpu-runner/executors/ngram/train.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "train-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Options {
  order?: number;
  unit?: "word" | "char";
  heldOutFraction?: number;
  minCount?: number;
  memoryMib?: number;
  signal?: AbortSignal;
  into?: string;
  onStep?: (note: string) => void;
}

async function trainOn(text: string | Buffer, options: Options = {}): Promise<{ report: TrainReport; file: Buffer; notes: string[] }> {
  const { order = 3, unit = "word", heldOutFraction = 0.1, minCount = 1, memoryMib = 256, signal = new AbortController().signal } = options;
  const into = options.into ?? (await mkdtemp(join(directory, "run-")));
  const textPath = join(directory, "text");
  await writeFile(textPath, text);
  const modelPath = join(into, "model");
  const notes: string[] = [];
  const report = await train(
    { textPath, modelPath, checkpointDir: into, name: null, options: { order, unit, heldOutFraction, minCount }, memoryMib },
    {
      signal,
      log: () => undefined,
      progress({ note }) {
        notes.push(note);
        options.onStep?.(note);
      },
    },
  );
  return { report, file: await readFile(modelPath), notes };
}

/** Sentences of a small grammar: there is something to learn, and a word says much about the next. */
function sentences(count: number, seed = 1): string {
  const random = createRandom(seed);
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random.next() * items.length)] as Item;
  const nouns = ["cat", "dog", "engineer", "queue", "runner", "river", "mill", "miller", "wheel", "stone"];
  const verbs = ["sees", "feeds", "grinds", "follows", "stops", "starts"];
  const sentence = () =>
    `The ${pick(["old", "small", "quick"])} ${pick(nouns)} ${pick(verbs)} the ${pick(nouns)}${pick([".", " again.", " by the river.", ", then sleeps."])}`;
  return Array.from({ length: count }, sentence).join(" ");
}

describe("training", () => {
  it("predicts held-out text better with longer n-grams, and better after each part of the text than before the first", async () => {
    const text = sentences(3000);
    const single = await trainOn(text, { order: 1 });
    const triple = await trainOn(text, { order: 3 });
    expect(triple.report.perplexity).toBeLessThan(single.report.perplexity / 3);
    expect(triple.report.perplexities).toHaveLength(10);
    expect(triple.report.perplexities.at(-1)).toBeLessThan(triple.report.perplexities[0] as number);
    expect(triple.notes.at(-1)).toMatch(/^step 10\/10, perplexity \d+\.\d+$/);
  });

  it("counts nothing that it is measured on", async () => {
    const { report } = await trainOn(sentences(1000), { heldOutFraction: 0.25 });
    expect(report.heldOutTokens / (report.tokens + report.heldOutTokens)).toBeCloseTo(0.25, 1);
  });

  it("gives the same file for the same text and options", async () => {
    const text = sentences(500);
    expect((await trainOn(text)).file.equals((await trainOn(text)).file)).toBe(true);
  });

  it("goes on from a checkpoint to the very model an unbroken training gives", async () => {
    const text = sentences(4000);
    const unbroken = await trainOn(text, { unit: "char", order: 5 });
    const into = await mkdtemp(join(directory, "broken-"));
    const abort = new AbortController();
    const slow = { unit: "char", order: 5, into } as const;
    // The clock is made to jump, so that a checkpoint is due after every step.
    const real = performance.now.bind(performance);
    let jumps = 0;
    performance.now = () => real() + jumps * 10_000;
    try {
      const broken = trainOn(text, {
        ...slow,
        signal: abort.signal,
        onStep(note) {
          jumps += 1;
          if (note.startsWith("step 4/")) setImmediate(() => abort.abort());
        },
      });
      await expect(broken).rejects.toThrow();
    } finally {
      performance.now = real;
    }
    const resumed = await trainOn(text, slow);
    expect(resumed.report.resumedFromStep).toBeGreaterThanOrEqual(4);
    expect(resumed.report.perplexities).toEqual(unbroken.report.perplexities);
    expect(resumed.file.equals(unbroken.file)).toBe(true);
  });

  it("drops rare n-grams on request", async () => {
    const text = sentences(2000);
    const all = await trainOn(text);
    const some = await trainOn(text, { minCount: 50 });
    expect(some.report.ngrams).toBeLessThan(all.report.ngrams);
    expect(some.file.length).toBeLessThan(all.file.length);
  });

  it("reads UTF-16 with a byte order mark", async () => {
    const { report } = await trainOn(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(sentences(300), "utf16le")]));
    expect(report.vocabulary).toBeLessThan(60);
  });

  it.each([
    ["an empty file", "", /empty/],
    ["a few words", "too short to learn anything from", /at least 200/],
    ["binary data", Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * 7919) % 256)), /not text/],
    ["only white space", " \n ".repeat(500), /at least 200|empty/],
  ])("refuses %s, saying why", async (_, text, message) => {
    const training = trainOn(text);
    await expect(training).rejects.toThrow(BadInput);
    await expect(training).rejects.toThrow(message);
  });

  it("refuses a text that needs more memory than is allowed, saying what to do", async () => {
    const random = createRandom(5);
    const text = Array.from({ length: 400_000 }, () => String(Math.floor(random.next() * 1e6))).join(" ");
    await expect(trainOn(text, { order: 4, memoryMib: 16 })).rejects.toThrow(/RUNNER_NGRAM_MEMORY_MIB.*Lower options.order/);
  });
});

describe("generating", () => {
  const write = async (file: Buffer, request: Partial<Parameters<typeof generate>[1]> = {}) => {
    const chunks: string[] = [];
    const { model } = await decodeModel(file);
    const report = await generate(
      model,
      { prompt: "The old", maxTokens: 40, temperature: 0.8, seed: 7, ...request },
      { signal: new AbortController().signal, chunk: (text) => chunks.push(text) },
    );
    return { ...report, chunks };
  };

  it("writes the same text for the same seed and another one for another", async () => {
    const { file } = await trainOn(sentences(1000));
    expect((await write(file)).text).toBe((await write(file)).text);
    expect((await write(file, { seed: 8 })).text).not.toBe((await write(file)).text);
  });

  it("streams exactly the text that it returns, and reads on from the prompt", async () => {
    const { file } = await trainOn(sentences(1000));
    const { text, chunks, tokens } = await write(file);
    expect(chunks.join("")).toBe(text);
    expect(tokens).toBe(40);
    expect(`The old${text}`).toMatch(/^The old \w+ \w+ the /);
    expect((await write(file, { prompt: "The old " })).text).not.toMatch(/^ /);
  });

  it("writes with an empty prompt and with words it never saw", async () => {
    const { file } = await trainOn(sentences(1000));
    expect((await write(file, { prompt: "" })).text.length).toBeGreaterThan(40);
    expect((await write(file, { prompt: "Zanzibar xylophone" })).text.length).toBeGreaterThan(40);
  });

  it("writes scripts from right to left and without spaces", async () => {
    const arabic = "مرحبا بالعالم، كيف حالك اليوم؟ أنا بخير. ".repeat(100);
    expect((await write((await trainOn(arabic)).file, { prompt: "مرحبا" })).text).toContain("بالعالم");
    const chinese = "今天天气很好。我们去公园。".repeat(100);
    expect((await write((await trainOn(chinese)).file, { prompt: "今天" })).text.startsWith("天气")).toBe(true);
  });
});
