// What the runner asks of everything that can do a job.
import type { z } from "zod";
import type { UploadId } from "../../../src/contract/ids.ts";
import type { Job } from "../../../src/contract/job.ts";
import type { SettleItem } from "../../../src/contract/lease.ts";
import type { LogStream } from "../log-buffer.ts";

type Settle = z.infer<typeof SettleItem>;
export type Usage = NonNullable<Settle["usage"]>;
export type Failure = NonNullable<Settle["error"]>;

/** A file that becomes an artifact of the job. */
export interface ProducedFile {
  name: string;
  path: string;
  contentType?: string;
}

export type Produced =
  /** The result may name its artifacts: it is made when their upload ids, by name, are known. */
  | { outcome: "completed"; result: (uploads: ReadonlyMap<string, UploadId>) => unknown; files: ProducedFile[]; usage: Usage }
  | { outcome: "failed"; error: Failure; usage: Usage }
  /** It stopped because it was told to. */
  | { outcome: "stopped"; usage: Usage };

export interface AttemptContext {
  job: Job;
  /** A fresh directory of this attempt's own; removed afterwards. */
  directory: string;
  /** A directory of the job's that its next attempt on this runner finds again; removed when the job has ended. */
  keepDirectory: string;
  /** Aborted to stop; what was started has to be gone before `run` returns. */
  signal: AbortSignal;
  log(stream: LogStream, line: string): void;
  /** @param fraction 0 to 1; what is outside is brought inside. */
  progress(fraction: number, message: string | null): void;
  /** Writes an upload's content to a file. */
  download(id: UploadId, path: string): Promise<void>;
}

export interface Executor {
  readonly kinds: readonly string[];
  /** Never rejects for what the job did; a rejection is a defect of ours and fails the attempt as `internal`. */
  run(context: AttemptContext): Promise<Produced>;
  /** Ends whatever is kept warm. */
  close(): Promise<void>;
}

export function failed(code: string, message: string, options: { retryable: boolean; details?: unknown; usage?: Usage }): Produced {
  const { retryable, details, usage = {} } = options;
  return {
    outcome: "failed",
    error: { code, message: message.slice(0, 10_000).toWellFormed(), retryable, ...(details === undefined ? {} : { details }) },
    usage,
  };
}

/** Every field error of a payload at once. */
export function badPayload(kind: string, issues: readonly { path: PropertyKey[]; message: string }[]): Produced {
  const fields = issues.map((issue) => `${issue.path.join(".") || "payload"}: ${issue.message}`).join("; ");
  return failed("bad_input", `The payload of this ${kind} job is not valid: ${fields}`, { retryable: false });
}
