// Reads perplexity by step out of what a train job says as it goes: its event lines and its progress messages.
import type { LogLine } from "../../contract/job.ts";

export interface PerplexityPoint {
  step: number;
  perplexity: number;
}

const IN_WORDS = /step (\d+)\b.*?perplexity[^\d]*(\d+(?:\.\d+)?)/i;

/** One point a step, the latest where a step was measured twice (a second attempt begins at step 1 again). */
export function readPerplexity(lines: readonly LogLine[], progressMessage: string | null): PerplexityPoint[] {
  const byStep = new Map<number, number>();
  for (const line of lines) {
    const point = line.stream === "event" ? pointOfEvent(line.line) : pointOfText(line.line);
    if (!point) continue;
    if (point.step === 1) byStep.clear();
    byStep.set(point.step, point.perplexity);
  }
  const now = progressMessage === null ? null : pointOfText(progressMessage);
  if (now) byStep.set(now.step, now.perplexity);
  return [...byStep].map(([step, perplexity]) => ({ step, perplexity })).sort((a, b) => a.step - b.step);
}

/** The whole series, where the job is done and says it. */
export function perplexityOfResult(result: unknown): PerplexityPoint[] | null {
  const series = typeof result === "object" && result !== null ? (result as Record<string, unknown>).perplexities : undefined;
  if (!Array.isArray(series) || series.length === 0 || !series.every((value) => typeof value === "number")) return null;
  return series.map((perplexity: number, index) => ({ step: index + 1, perplexity }));
}

function pointOfEvent(line: string): PerplexityPoint | null {
  if (!line.includes("perplexity")) return null;
  try {
    const { step, perplexity } = JSON.parse(line) as Record<string, unknown>;
    return typeof step === "number" && typeof perplexity === "number" && Number.isFinite(perplexity) ? { step, perplexity } : null;
  } catch {
    return null;
  }
}

function pointOfText(text: string): PerplexityPoint | null {
  const match = IN_WORDS.exec(text);
  return match ? { step: Number(match[1]), perplexity: Number(match[2]) } : null;
}

/** Under 100 a decimal still says something. */
export function formatPerplexity(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}
