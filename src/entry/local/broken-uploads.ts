// Removes what uploads left behind that were cut off by a kill -9: workerd's hidden temporary files of earlier processes.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

const TEMPORARY = /^\..+\.(\d+)\.\d+\.tmp$/;

/** `workerPid` is the process whose uploads are still under way. */
export async function removeBrokenUploads(blobsDirectory: string, workerPid: number | undefined): Promise<number> {
  const entries = await readdir(blobsDirectory, { recursive: true, withFileTypes: true });
  const broken = entries.filter((entry) => entry.isFile() && ![undefined, String(workerPid)].includes(TEMPORARY.exec(entry.name)?.[1]));
  for (const entry of broken) await rm(join(entry.parentPath, entry.name), { force: true });
  return broken.length;
}
