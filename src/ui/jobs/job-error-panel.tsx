// Why a job or an attempt failed: message, code, and the details with line breaks kept.
import type { JobError } from "../../contract/job.ts";
import { CopyButton } from "../components/copy-button.tsx";
import { Icon } from "../components/icons.tsx";
import { JsonView } from "../components/json-view.tsx";
import { ScrollRegion } from "../components/scroll-region.tsx";

export function JobErrorPanel({ error, isFinal }: { error: JobError; isFinal: boolean }) {
  const { tail, rest } = splitDetails(error.details);
  return (
    <section aria-label="Error" className="rounded-panel border border-failed/40 bg-failed-wash p-4">
      <div className="flex items-start gap-2.5">
        <Icon name="failed" className="mt-1 text-failed" />
        <div className="min-w-0 flex-1">
          <h2 dir="auto" className="text-base break-words">
            {error.message}
          </h2>
          <p className="mt-0.5 text-sm text-muted">
            <code>{error.code}</code>
            {isFinal ? ", final" : ", of the attempt before; it is tried again"}
          </p>
        </div>
        <CopyButton text={() => JSON.stringify(error, null, 2)} label="Copy the error" />
      </div>
      {tail !== null && (
        <ScrollRegion label="Last error output" className="mt-3 max-h-72 rounded-lg bg-surface p-3">
          <pre dir="auto" className="text-[0.8125rem] leading-5 break-words whitespace-pre-wrap">
            {tail}
          </pre>
        </ScrollRegion>
      )}
      {rest !== undefined && (
        <div className="mt-3 rounded-lg bg-surface p-3">
          <JsonView value={rest} label="error details" />
        </div>
      )}
    </section>
  );
}

/** Executors put the last lines of stderr, or a stack, under one of these names. */
const TAIL_FIELDS = ["stderrTail", "stderr", "stack", "output"];

function splitDetails(details: unknown): { tail: string | null; rest: unknown } {
  if (details === undefined || details === null) return { tail: null, rest: undefined };
  if (typeof details === "string") return { tail: details, rest: undefined };
  if (typeof details !== "object" || Array.isArray(details)) return { tail: null, rest: details };
  const rest: Record<string, unknown> = { ...details };
  for (const field of TAIL_FIELDS) {
    const value = rest[field];
    const text = Array.isArray(value) && value.every((line) => typeof line === "string") ? value.join("\n") : value;
    if (typeof text !== "string" || text === "") continue;
    delete rest[field];
    return { tail: text, rest: Object.keys(rest).length > 0 ? rest : undefined };
  }
  return { tail: null, rest: Object.keys(rest).length > 0 ? rest : undefined };
}
