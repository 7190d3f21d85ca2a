// Reads progress from a command's file descriptor 3: lines such as {"progress":0.4,"message":"step 4"}; the rest is noise.
import { z } from "zod";
import { createLineSplitter, type LineSplitter } from "./line-splitter.ts";

const ProgressLine = z.object({ progress: z.number(), message: z.string().nullish() });

export interface ProgressReaderOptions {
  progress: (fraction: number, message: string | null) => void;
  /** Told once that something else than progress came. */
  warn: (line: string) => void;
}

export function createProgressReader({ progress, warn }: ProgressReaderOptions): LineSplitter {
  let hasWarned = false;
  return createLineSplitter((line) => {
    const parsed = ProgressLine.safeParse(parseJson(line));
    if (parsed.success) return progress(parsed.data.progress, parsed.data.message ?? null);
    if (!hasWarned)
      warn(`millrace: ignored on file descriptor 3, expected lines such as {"progress":0.4,"message":"…"}: ${line.slice(0, 200)}`);
    hasWarned = true;
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
