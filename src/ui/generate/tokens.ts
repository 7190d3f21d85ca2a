// Puts a generated text together: from the token events while it is being written, from the result once it is whole.
import type { Job, LogLine } from "../../contract/job.ts";

export interface Generation {
  prompt: string;
  /** What the model wrote after the prompt. */
  text: string;
  tokenCount: number;
}

export function readGeneration(job: Job, lines: readonly LogLine[]): Generation {
  const prompt = textField(job.payload, "prompt");
  const streamed = readTokens(lines);
  const whole = textField(job.result, "text");
  if (job.state !== "completed" || whole === "") return { prompt, ...streamed };
  const tokens = (job.result as Record<string, unknown>).tokens;
  return {
    prompt,
    text: whole.startsWith(prompt) ? whole.slice(prompt.length) : whole,
    tokenCount: typeof tokens === "number" ? tokens : streamed.tokenCount,
  };
}

/** A second attempt writes from the start again; `{"type":"start"}` marks where. */
function readTokens(lines: readonly LogLine[]): { text: string; tokenCount: number } {
  let parts: string[] = [];
  for (const { stream, line } of lines) {
    if (stream !== "event") continue;
    const event = parse(line);
    if (event.type === "start") parts = [];
    if (event.type === "token" && typeof event.text === "string") parts.push(event.text);
  }
  return { text: parts.join(""), tokenCount: parts.length };
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function textField(value: unknown, field: string): string {
  const text = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[field] : undefined;
  return typeof text === "string" ? text : "";
}
