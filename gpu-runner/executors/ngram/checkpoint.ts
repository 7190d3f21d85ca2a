// Saves how far a training has come, so that the same job's next attempt on this machine goes on from there.
//
// A checkpoint is a line of JSON and the counts' columns as they are in memory. It is written beside the last one and
// renamed over it, so that a kill at any moment leaves one whole checkpoint. An unreadable one counts as none.
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { createLevel, type Level, type NgramCounts, rebuildSlots } from "./ngram-counts.ts";

export interface Checkpoint {
  /** Steps done, with what was measured after each. */
  perplexities: number[];
  /** The block to go on with. */
  nextBlock: number;
  tokens: number;
  levels: Level[];
}

interface Header {
  format: 1;
  perplexities: number[];
  nextBlock: number;
  tokens: number;
  sizes: number[];
}

const FILE = "counts.bin";
const COLUMNS = ["parent", "word", "raw", "left"] as const;

export async function saveCheckpoint(
  directory: string,
  state: { perplexities: number[]; nextBlock: number; counts: NgramCounts },
): Promise<void> {
  const { counts, perplexities, nextBlock } = state;
  const header: Header = { format: 1, perplexities, nextBlock, tokens: counts.tokens, sizes: counts.levels.map((level) => level.size) };
  const path = join(directory, FILE);
  const file = await open(`${path}.part`, "w");
  try {
    await file.appendFile(`${JSON.stringify(header)}\n`);
    for (const level of counts.levels) {
      for (const column of COLUMNS) {
        const values = level[column];
        await file.appendFile(new Uint8Array(values.buffer, values.byteOffset, level.size * values.BYTES_PER_ELEMENT));
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}

export async function loadCheckpoint(directory: string, order: number): Promise<Checkpoint | null> {
  const bytes = await readFile(join(directory, FILE)).catch(() => null);
  if (!bytes) return null;
  try {
    const headerEnd = bytes.indexOf("\n");
    const header = JSON.parse(bytes.subarray(0, headerEnd).toString()) as Header;
    const expected = header.sizes.reduce((sum, size) => sum + size * COLUMNS.length * 4, headerEnd + 1);
    if (header.format !== 1 || header.sizes.length !== order || bytes.length !== expected) return null;
    let at = headerEnd + 1;
    const levels = header.sizes.map((size) => {
      const level = createLevel(2 ** Math.ceil(Math.log2(Math.max(1024, size + 1))));
      level.size = size;
      for (const column of COLUMNS) {
        const length = size * 4;
        new Uint8Array(level[column].buffer).set(bytes.subarray(at, at + length));
        at += length;
      }
      rebuildSlots(level);
      return level;
    });
    return { perplexities: header.perplexities, nextBlock: header.nextBlock, tokens: header.tokens, levels };
  } catch {
    return null;
  }
}
