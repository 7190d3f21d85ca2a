// The runner's directory on disk: who it is, what it must deliver, what jobs in work use. One runner at a time owns it.
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { toId } from "../../src/contract/ids.ts";
import { ConfigError } from "./config.ts";
import { killLeftovers } from "./executors/process-group.ts";
import { type Log, messageOf } from "./log.ts";

/** An attempt that was under way when this directory's last runner died. */
export interface LeftoverAttempt {
  jobId: string;
  kind: string;
  leaseToken: string;
}

export interface DataDirectory {
  readonly spool: string;
  readonly models: string;
  readonly runnerId: string;
  readonly leftovers: readonly LeftoverAttempt[];
  /** Makes the attempt's directory, and notes in it whose it is. */
  openAttempt(attempt: LeftoverAttempt): Promise<string>;
  keptDirectory(jobId: string): string;
  dropKept(jobId: string): Promise<void>;
}

const ATTEMPT = "attempt.json";
/** A job that was never finished here has long been finished elsewhere. */
const KEEP_DAYS = 7;
/** Linux takes 107 bytes as a socket's path. */
const MAX_SOCKET_PATH_BYTES = 100;

export async function openDataDirectory(root: string, runnerId: string | undefined, log: Log): Promise<DataDirectory> {
  const at = (name: string) => join(root, name);
  try {
    for (const name of ["spool", "jobs", "kept", "models"]) await mkdir(at(name), { recursive: true });
  } catch (error) {
    throw new ConfigError(`RUNNER_DATA is ${root}, which cannot be used: ${messageOf(error)}. Name a directory this user may write to.`);
  }
  await claim(at("runner.sock"), root, log);
  await killLeftovers(at("jobs"), log);
  const leftovers = await readLeftovers(at("jobs"));
  await rm(at("jobs"), { recursive: true, force: true });
  await mkdir(at("jobs"));
  await dropOld(at("kept"));
  return {
    spool: at("spool"),
    models: at("models"),
    runnerId: runnerId ?? (await ownId(at("runner-id"))),
    leftovers,
    async openAttempt(attempt) {
      const token = createHash("sha256").update(attempt.leaseToken).digest("hex");
      const directory = join(at("jobs"), `${attempt.jobId}-${token.slice(0, 12)}`);
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, ATTEMPT), JSON.stringify(attempt));
      return directory;
    },
    keptDirectory: (jobId) => join(at("kept"), jobId),
    dropKept: (jobId) => rm(join(at("kept"), jobId), { recursive: true, force: true }),
  };
}

async function readLeftovers(jobs: string): Promise<LeftoverAttempt[]> {
  const leftovers: LeftoverAttempt[] = [];
  for (const name of await readdir(jobs)) {
    try {
      const { jobId, kind, leaseToken } = JSON.parse(await readFile(join(jobs, name, ATTEMPT), "utf8")) as LeftoverAttempt;
      if (jobId && kind && leaseToken) leftovers.push({ jobId, kind, leaseToken });
    } catch {
      // Killed before it was written: the lease's expiry does the same, later.
    }
  }
  return leftovers;
}

/** Holds a socket for as long as the process lives: unlike a file with a pid, it cannot outlive its owner. */
async function claim(path: string, root: string, log: Log): Promise<void> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    log.warn("RUNNER_DATA's path is too long to guard it against a second runner", { root });
    return;
  }
  const isTaken = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
  if (isTaken) throw new ConfigError(`Another runner is using ${root}. Give this one a directory of its own: set RUNNER_DATA.`);
  await rm(path, { force: true });
  await new Promise<void>((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.on("error", (error) => {
      log.warn("cannot guard RUNNER_DATA against a second runner", { reason: error.message });
      resolve();
    });
    server.listen(path, resolve);
  });
}

async function ownId(path: string): Promise<string> {
  const found = await readFile(path, "utf8").catch(() => "");
  if (found.trim()) return found.trim();
  const id = toId("run", uuidV7());
  await writeFile(path, `${id}\n`);
  return id;
}

/** RFC 9562 §5.7: 48 bits of Unix milliseconds, the rest random. */
function uuidV7(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString("hex");
}

async function dropOld(directory: string): Promise<void> {
  const oldest = Date.now() - KEEP_DAYS * 86_400_000;
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if ((await stat(path)).mtimeMs < oldest) await rm(path, { recursive: true, force: true });
  }
}
