// Puts a generated text together: from the token events while it is being written, from the result once it is whole.
import type { Job, LogLine } from "../../contract/job.ts";
import { attemptOfLine } from "../jobs/log-attempt.ts";

export interface Generation {
  prompt: string;
  /** What the model wrote after the prompt. */
  text: string;
  /** Null until the job is done: its events carry pieces of text, not single tokens. */
  tokenCount: number | null;
}

export function readGeneration(job: Job, lines: readonly LogLine[]): Generation {
  const prompt = textField(job.payload, "prompt");
  if (job.state !== "completed") return { prompt, text: readStreamed(lines), tokenCount: null };
  const { text, tokens } = fields(job.result);
  return {
    prompt,
    text: typeof text === "string" ? text : readStreamed(lines),
    tokenCount: typeof tokens === "number" ? tokens : null,
  };
}

/** What the latest attempt has written so far: another attempt writes from the start again. */
function readStreamed(lines: readonly LogLine[]): string {
  let parts: string[] = [];
  let attempt = 0;
  for (const { seq, stream, line } of lines) {
    if (stream !== "event") continue;
    if (attemptOfLine(seq) !== attempt) parts = [];
    attempt = attemptOfLine(seq);
    const event = parse(line);
    if (event.type === "token" && typeof event.text === "string") parts.push(event.text);
  }
  return parts.join("");
}

function parse(line: string): Record<string, unknown> {
  try {
    return fields(JSON.parse(line));
  } catch {
    return {};
  }
}

function textField(value: unknown, field: string): string {
  const text = fields(value)[field];
  return typeof text === "string" ? text : "";
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
