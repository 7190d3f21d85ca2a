// Reads a text file of any size into a file of token numbers and a vocabulary; refuses what is not text.

import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { BadInput } from "./bad-input.ts";
import { createTokeniser, type Unit } from "./tokens.ts";

export interface Corpus {
  vocabulary: string[];
  tokens: number;
}

export interface CorpusInput {
  textPath: string;
  /** Receives one little-endian 32-bit number a token. */
  tokensPath: string;
  unit: Unit;
  onProgress?: (bytesRead: number) => Promise<void>;
}

/** Above this share of undecodable or control characters a file is not text. */
const MAX_STRANGE_SHARE = 0.01;
/** Strange characters are judged once so much was read, and at the end. */
const JUDGE_AFTER_CHARACTERS = 65_536;
const MAX_VOCABULARY = 8_000_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what we look for
const STRANGE = /[\u0000-\u0008\u000e-\u001f\u007f\ufffd]/g;

export async function readCorpus({ textPath, tokensPath, unit, onProgress }: CorpusInput): Promise<Corpus> {
  const numbers = new Map<string, number>();
  const tokeniser = createTokeniser(unit);
  const out = createWriteStream(tokensPath);
  let tokens = 0;
  let characters = 0;
  let strange = 0;
  let bytesRead = 0;

  async function write(words: string[]): Promise<void> {
    if (words.length === 0) return;
    const chunk = new Int32Array(words.length);
    for (const [index, word] of words.entries()) {
      let number = numbers.get(word);
      if (number === undefined) {
        number = numbers.size;
        if (number >= MAX_VOCABULARY)
          throw new BadInput(`The dataset has more than ${MAX_VOCABULARY} different words. Is it natural text? Try the unit "char".`);
        numbers.set(word, number);
      }
      chunk[index] = number;
    }
    tokens += words.length;
    if (!out.write(Buffer.from(chunk.buffer))) await once(out, "drain");
  }

  function judge(): void {
    if (strange > characters * MAX_STRANGE_SHARE) {
      throw new BadInput(
        "The dataset is not text: expected UTF-8 (or UTF-16 with a byte order mark). Convert it to plain UTF-8 text and upload that.",
      );
    }
  }

  let decoder: InstanceType<typeof TextDecoder> | undefined;
  for await (const bytes of createReadStream(textPath, { highWaterMark: 1 << 16 }) as AsyncIterable<Buffer>) {
    decoder ??= new TextDecoder(encodingOf(bytes));
    let text = decoder.decode(bytes, { stream: true });
    const found = text.match(STRANGE)?.length ?? 0;
    characters += text.length;
    strange += found;
    if (found > 0) text = text.replace(STRANGE, "");
    if (characters > JUDGE_AFTER_CHARACTERS) judge();
    await write(tokeniser.push(text));
    bytesRead += bytes.length;
    await onProgress?.(bytesRead);
  }
  judge();
  await write(tokeniser.end());
  out.end();
  await finished(out);
  if (tokens === 0) throw new BadInput("The dataset is empty. Upload a text with at least a few hundred words.");
  return { vocabulary: [...numbers.keys()], tokens };
}

function encodingOf(start: Buffer): string {
  if (start[0] === 0xff && start[1] === 0xfe) return "utf-16le";
  if (start[0] === 0xfe && start[1] === 0xff) return "utf-16be";
  return "utf-8";
}
