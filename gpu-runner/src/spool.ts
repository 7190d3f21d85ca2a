// Results on disk until the API has acknowledged them: written before they are sent, so that neither an outage nor a kill
// of the runner loses one. One file a result, written beside its place, flushed and renamed into it.
import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LogInput, type SettleItem, SettleItem as SettleItemSchema } from "../../src/contract/lease.ts";
import { type Log, messageOf } from "./log.ts";

/** A result with what the API does not know yet of its attempt. */
export interface SpoolEntry {
  jobId: string;
  kind: string;
  item: SettleItem;
  /** Log lines that no heartbeat has carried; they go before the settle, for afterwards the lease is over. */
  logs: z.infer<typeof LogInput>[];
}

const Entry = z.object({ jobId: z.string(), kind: z.string(), item: SettleItemSchema, logs: z.array(LogInput) });

export interface Spool {
  readonly size: number;
  /** Oldest first. */
  entries(): SpoolEntry[];
  /** Resolves when the result is safe on disk. */
  put(entry: SpoolEntry): Promise<void>;
  /** Takes a delivered result off the disk. */
  remove(entry: SpoolEntry): Promise<void>;
  /** Keeps a result that nobody will take, for somebody to look at. */
  reject(entry: SpoolEntry): Promise<void>;
}

const REJECTED = "rejected";

/** Opens the spool and whatever an earlier run left in it. */
export async function openSpool(directory: string, log: Log): Promise<Spool> {
  await mkdir(join(directory, REJECTED), { recursive: true });
  const entries = new Map<string, SpoolEntry>();
  for (const name of (await readdir(directory)).sort()) {
    const path = join(directory, name);
    if (name.endsWith(".part")) await rm(path, { force: true });
    if (!name.endsWith(".json")) continue;
    try {
      const entry = Entry.parse(JSON.parse(await readFile(path, "utf8")));
      entries.set(entry.item.leaseToken, entry);
    } catch (error) {
      log.error("a spooled result cannot be read; it is set aside", { file: name, reason: messageOf(error) });
      await rename(path, join(directory, REJECTED, name));
    }
  }
  const fileOf = (entry: SpoolEntry) => `${createHash("sha256").update(entry.item.leaseToken).digest("hex").slice(0, 32)}.json`;

  return {
    get size() {
      return entries.size;
    },
    entries: () => [...entries.values()],
    async put(entry) {
      entries.set(entry.item.leaseToken, entry);
      try {
        await writeSafely(join(directory, fileOf(entry)), JSON.stringify(entry), directory);
      } catch (error) {
        log.error("a result cannot be written to disk; it is lost if the runner dies before it is delivered", {
          jobId: entry.jobId,
          reason: messageOf(error),
        });
      }
    },
    async remove(entry) {
      entries.delete(entry.item.leaseToken);
      await rm(join(directory, fileOf(entry)), { force: true });
    },
    async reject(entry) {
      entries.delete(entry.item.leaseToken);
      await rename(join(directory, fileOf(entry)), join(directory, REJECTED, fileOf(entry))).catch(() => undefined);
    },
  };
}

async function writeSafely(path: string, text: string, directory: string): Promise<void> {
  const file = await open(`${path}.part`, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
  // The new name is safe only when the directory is.
  const folder = await open(directory, "r");
  await folder.sync().finally(() => folder.close());
}
