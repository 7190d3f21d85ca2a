// Splits a token file into blocks and says which are kept for measuring: evenly spread, the same on every run.

export interface HoldOut {
  /** Tokens in a block (the last one may be shorter). */
  blockTokens: number;
  blocks: number;
  isHeldOut(block: number): boolean;
}

/** Small enough that a short text still has many blocks, long enough that most tokens keep their whole history. */
const BLOCK_TOKENS = { least: 10, most: 256 };
const WANTED_BLOCKS = 200;

export function planHoldOut(tokens: number, fraction: number): HoldOut {
  const blockTokens = Math.min(BLOCK_TOKENS.most, Math.max(BLOCK_TOKENS.least, Math.floor(tokens / WANTED_BLOCKS)));
  return {
    blockTokens,
    blocks: Math.ceil(tokens / blockTokens),
    // Bresenham's line: of the first n blocks, ⌊n · fraction⌋ are held out.
    isHeldOut: (block) => Math.floor((block + 1) * fraction) > Math.floor(block * fraction),
  };
}
