// Writes the history down: numbers the calls, counts the steps, and keeps what a call answered or was refused with.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { databaseError } from "../../src/core/database-error.ts";
import { ProblemError } from "../../src/core/problem-error.ts";
import type { Call, Entry } from "./history.ts";

export type Recorder = {
  entries: Entry[];
  /** The next step: larger than every step before. */
  step(): number;
  /** Carries out a call that is numbered when it begins; `onStart` learns the number before anything happens. */
  record<Op extends Call>(request: RequestOf<Op>, carryOut: () => Promise<Op["answer"]>, onStart?: (call: number) => void): Promise<Op>;
};

/** What is known of a call before it is carried out. */
export type RequestOf<Op extends Call> = Op extends Call ? Omit<Op, "call" | "start" | "end" | "answer" | "refused"> : never;

export function createRecorder(): Recorder {
  const entries: Entry[] = [];
  let steps = 0;
  let calls = 0;
  const step = () => ++steps;
  return {
    entries,
    step,
    async record<Op extends Call>(
      request: RequestOf<Op>,
      carryOut: () => Promise<Op["answer"]>,
      onStart: (call: number) => void = () => {},
    ) {
      const call = ++calls;
      onStart(call);
      const start = step();
      const outcome = await carryOut().then(
        (answer) => ({ answer }),
        (error: unknown) => ({ refused: reasonOf(error) }),
      );
      const entry = { ...request, call, start, end: step(), ...outcome } as unknown as Op;
      entries.push(entry);
      return entry;
    },
  };
}

/** A problem's code; for anything else, words that are no code, so that the checker objects. */
function reasonOf(error: unknown): string {
  if (error instanceof ProblemError) return error.code;
  const cause = error instanceof Error && error.cause ? ` (${String(error.cause)})` : "";
  return `unexpected ${databaseError(error)?.code ?? ""} ${String(error).slice(0, 200)}${cause}`;
}

/** Keeps a history as JSON lines in a new temporary file; its path. */
export function keepHistory(entries: readonly Entry[]): string {
  const file = join(mkdtempSync(join(tmpdir(), "millrace-history-")), "history.jsonl");
  writeFileSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  return file;
}
