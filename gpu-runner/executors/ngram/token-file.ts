// Reads a file of token numbers block by block, without ever holding more than one piece of it.
import { open } from "node:fs/promises";

export interface Block {
  block: number;
  tokens: Int32Array;
}

const BYTES = Int32Array.BYTES_PER_ELEMENT;
const PIECE_BYTES = 1 << 20;

/** The arrays are views of one buffer: copy what is to be kept. */
export async function* readBlocks(path: string, blockTokens: number, fromBlock = 0): AsyncGenerator<Block, void, undefined> {
  const file = await open(path, "r");
  try {
    const blocksAPiece = Math.max(1, Math.floor(PIECE_BYTES / BYTES / blockTokens));
    const piece = new Int32Array(blocksAPiece * blockTokens);
    const bytes = new Uint8Array(piece.buffer);
    for (let block = fromBlock; ; block += blocksAPiece) {
      const length = await fill(file, bytes, block * blockTokens * BYTES);
      const tokens = Math.floor(length / BYTES);
      for (let at = 0; at < tokens; at += blockTokens) {
        yield { block: block + at / blockTokens, tokens: piece.subarray(at, Math.min(at + blockTokens, tokens)) };
      }
      if (length < bytes.length) return;
    }
  } finally {
    await file.close();
  }
}

/** Reads until `bytes` is full or the file ends. */
async function fill(
  file: { read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> },
  bytes: Uint8Array,
  position: number,
): Promise<number> {
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}
