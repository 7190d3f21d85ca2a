// The port that keeps uploaded bytes. Keys are ours ("<workspace>/<uuid>"), never a user's file name.

export type ByteRange = { offset: number; length: number };

export interface BlobStore {
  /** Streams `body` to `key`; `contentLength` is the size in bytes where it is known. A failed put leaves nothing readable under the key. */
  put(key: string, body: ReadableStream<Uint8Array>, contentLength?: number): Promise<void>;
  /** The bytes, or the given part of them; null where there is no such key. */
  get(key: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | null>;
  /** Removes the key; removing what is not there is fine. */
  delete(key: string): Promise<void>;
  /** Throws with a reason if the store cannot be used now. */
  check(): Promise<void>;
}
