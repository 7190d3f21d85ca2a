// A model on disk, version 1: gzip around
//
//   "millrace-ngram 1\n"                       what it is
//   <header as one line of JSON>               ModelHeader
//   <words as one line of a JSON array>        most frequent first; a word's number is its place here
//   for each table: varints                    for each context: number of children, total of dropped counts;
//                                              then for each child: its word − the word before it, its count
//
// Counts are kept, not probabilities: they are exact, small, and say what the model was trained on. Varints are LEB128.
import { promisify } from "node:util";
import { constants, gunzip, gzip } from "node:zlib";
import { createLanguageModel, type Discounts, type LanguageModel, type ModelParts, type Table } from "./language-model.ts";
import type { Unit } from "./tokens.ts";
import { createVarintReader, createVarintWriter, MalformedVarints } from "./varint.ts";

const MAGIC = "millrace-ngram 1\n";
const NEWLINE = 10;
/** A file that unpacks to more than this is not one of ours. */
const MAX_UNPACKED_BYTES = 2 ** 31 - 1;

export interface ModelHeader {
  name: string | null;
  order: number;
  unit: Unit;
  vocabulary: number;
  /** Sizes of the tables, shortest n-grams first. */
  ngrams: number[];
  discounts: Discounts[];
  /** What the model was trained on and how well it predicts text it never saw. */
  tokens: number;
  perplexity: number;
}

export class NotAModel extends Error {}

export async function encodeModel(parts: ModelParts, about: Pick<ModelHeader, "name" | "tokens" | "perplexity">): Promise<Buffer> {
  const header: ModelHeader = {
    ...about,
    order: parts.tables.length,
    unit: parts.unit,
    vocabulary: parts.words.length,
    ngrams: parts.tables.map((table) => table.word.length),
    discounts: parts.tables.map((table) => table.discounts),
  };
  const writer = createVarintWriter();
  for (const table of parts.tables) {
    for (let context = 0; context + 1 < table.start.length; context += 1) {
      const from = table.start[context] as number;
      const to = table.start[context + 1] as number;
      writer.write(to - from);
      writer.write(table.dropped[context] as number);
      let before = -1;
      for (let index = from; index < to; index += 1) {
        const word = table.word[index] as number;
        writer.write(word - before);
        writer.write(table.count[index] as number);
        before = word;
      }
    }
  }
  const head = Buffer.from(`${MAGIC}${JSON.stringify(header)}\n${JSON.stringify(parts.words)}\n`);
  return promisify(gzip)(Buffer.concat([head, writer.bytes()]), { level: constants.Z_BEST_COMPRESSION });
}

export async function decodeModel(file: Buffer): Promise<{ header: ModelHeader; model: LanguageModel }> {
  const bytes = await promisify(gunzip)(file, { maxOutputLength: MAX_UNPACKED_BYTES }).catch(() => {
    throw new NotAModel("it is not a gzip file");
  });
  if (bytes.subarray(0, MAGIC.length).toString() !== MAGIC) throw new NotAModel(`it does not start with "${MAGIC.trim()}"`);
  const headerEnd = bytes.indexOf(NEWLINE, MAGIC.length);
  const wordsEnd = bytes.indexOf(NEWLINE, headerEnd + 1);
  if (headerEnd < 0 || wordsEnd < 0) throw new NotAModel("it ends in its header");
  try {
    const header = JSON.parse(bytes.subarray(MAGIC.length, headerEnd).toString()) as ModelHeader;
    const words = JSON.parse(bytes.subarray(headerEnd + 1, wordsEnd).toString()) as string[];
    const tables = readTables(bytes.subarray(wordsEnd + 1), header);
    if (words.length !== header.vocabulary || words.length === 0) throw new NotAModel("its vocabulary is incomplete");
    return { header, model: createLanguageModel({ unit: header.unit, words, tables }) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof MalformedVarints || error instanceof RangeError || error instanceof TypeError) {
      throw new NotAModel(`it is damaged: ${error.message}`);
    }
    throw error;
  }
}

function readTables(bytes: Buffer, header: ModelHeader): Table[] {
  const reader = createVarintReader(bytes);
  const tables: Table[] = [];
  let contexts = 1;
  for (const [depth, size] of header.ngrams.entries()) {
    // Each n-gram takes two bytes or more, so a header cannot make us reserve more than the file holds.
    if (!Number.isInteger(size) || size < 0 || size * 2 > bytes.length) throw new NotAModel("its header does not fit its tables");
    const table: Table = {
      start: new Int32Array(contexts + 1),
      word: new Int32Array(size),
      count: new Int32Array(size),
      dropped: new Int32Array(contexts),
      discounts: header.discounts[depth] as Discounts,
    };
    let index = 0;
    for (let context = 0; context < contexts; context += 1) {
      const children = reader.read();
      table.dropped[context] = reader.read();
      if (index + children > size) throw new NotAModel("its tables are longer than its header says");
      let word = -1;
      for (let child = 0; child < children; child += 1) {
        word += reader.read();
        if (word >= header.vocabulary) throw new NotAModel("it names words that it does not hold");
        table.word[index] = word;
        table.count[index] = reader.read();
        index += 1;
      }
      table.start[context + 1] = index;
    }
    tables.push(table);
    contexts = size;
  }
  if ((tables[0] as Table | undefined)?.word.length !== header.vocabulary) throw new NotAModel("its single words are incomplete");
  return tables;
}
