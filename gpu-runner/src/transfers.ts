// Moves files to and from the API's upload store as streams, trying again for as long as the attempt may run.
import { createWriteStream, openAsBlob } from "node:fs";
import { rename } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ApiError, type Client } from "../../src/client/index.ts";
import type { UploadId } from "../../src/contract/ids.ts";
import type { Upload } from "../../src/contract/upload.ts";
import { createBackoff } from "./backoff.ts";
import type { ProducedFile } from "./executors/executor.ts";
import { type Log, messageOf } from "./log.ts";

/** The API will not take or give this file, however often it is asked. */
export class TransferRefused extends Error {
  readonly status: number;
  constructor(error: ApiError) {
    super(error.message);
    this.status = error.status;
  }
}

export interface Transfers {
  upload(file: ProducedFile, signal: AbortSignal): Promise<Upload>;
  /** The file appears under `path` only when it is whole. */
  download(id: UploadId, path: string, signal: AbortSignal): Promise<void>;
}

export function createTransfers(client: Client, log: Log): Transfers {
  async function persist<Value>(what: string, signal: AbortSignal, step: () => Promise<Value>): Promise<Value> {
    const backoff = createBackoff();
    for (;;) {
      signal.throwIfAborted();
      try {
        return await step();
      } catch (error) {
        if (signal.aborted) throw error;
        if (error instanceof ApiError && !error.isTemporary) throw new TransferRefused(error);
        log.warn(`${what} broke off, trying again`, { reason: messageOf(error) });
        await backoff.wait(error, signal);
      }
    }
  }

  return {
    upload: (file, signal) =>
      persist("an upload", signal, async () => {
        // A blob backed by the file: its length is known beforehand and it is read as it is sent.
        const blob = await openAsBlob(file.path);
        return client.uploads.create(blob, { name: file.name, contentType: file.contentType, signal });
      }),
    download: (id, path, signal) =>
      persist("a download", signal, async () => {
        const response = await client.uploads.content(id, { signal });
        if (!response.body) throw new Error("the content came without a body");
        await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(`${path}.part`), {
          signal,
        });
        await rename(`${path}.part`, path);
      }),
  };
}
