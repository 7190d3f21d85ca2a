// The port that hashes a stream while it passes: the Web's own crypto hashes only what is all there.

export interface Hasher {
  write(chunk: Uint8Array): Promise<void>;
  /** SHA-256 of what was written, in hex. Nothing can be written after. */
  digest(): Promise<string>;
}

export type CreateHasher = () => Hasher;
