// Models on the runner's disk, downloaded once: the ones used longest ago make room for new ones.
import { existsSync } from "node:fs";
import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { UploadId } from "../../../src/contract/ids.ts";

export interface ModelStore {
  /** The path of a model's file, which is there when this resolves. */
  fetch(id: UploadId, download: (id: UploadId, path: string) => Promise<void>): Promise<string>;
}

const MAX_MODELS = 32;
const MAX_BYTES = 4 * 1024 ** 3;
const SUFFIX = ".ngram.gz";

export function createModelStore(directory: string): ModelStore {
  const underWay = new Map<UploadId, Promise<void>>();

  async function makeRoom(): Promise<void> {
    const names = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX));
    const files = await Promise.all(
      names.map(async (name) => ({ path: join(directory, name), ...pick(await stat(join(directory, name))) })),
    );
    files.sort((a, b) => b.usedAt - a.usedAt);
    let bytes = 0;
    for (const [index, file] of files.entries()) {
      bytes += file.size;
      if (index >= MAX_MODELS - 1 || bytes > MAX_BYTES) await rm(file.path, { force: true });
    }
  }

  return {
    async fetch(id, download) {
      const path = join(directory, `${id}${SUFFIX}`);
      if (!existsSync(path)) {
        // Two jobs may want the same model at once; uploads never change, so one download serves both.
        let arriving = underWay.get(id);
        if (!arriving) {
          arriving = makeRoom().then(() => download(id, path));
          underWay.set(id, arriving);
          arriving.finally(() => underWay.delete(id)).catch(() => undefined);
        }
        await arriving;
      }
      const now = new Date();
      await utimes(path, now, now);
      return path;
    },
  };
}

function pick({ size, mtimeMs }: { size: number; mtimeMs: number }): { size: number; usedAt: number } {
  return { size, usedAt: mtimeMs };
}
