// Shows what went wrong: the problem's own words, the request id to quote, and a way to try again.
import { ApiError, NetworkError } from "../app/api.ts";
import { CopyButton } from "./copy-button.tsx";
import { Icon } from "./icons.tsx";

export function ProblemPanel({ error, title, onRetry }: { error: unknown; title?: string; onRetry?: () => void }) {
  const { headline, detail, requestId } = describeError(error);
  return (
    <div role="alert" className="flex gap-3 rounded-panel border border-failed/40 bg-failed-wash p-4">
      <Icon name="failed" className="mt-1 text-failed" />
      <div className="min-w-0 flex-1">
        <p className="font-semibold">{title ?? headline}</p>
        <p dir="auto" className="break-words">
          {detail}
        </p>
        {requestId && (
          <p className="mt-1 flex flex-wrap items-center gap-x-2 text-sm text-muted">
            Request <code className="break-all">{requestId}</code>
            <CopyButton text={requestId} label="Copy request id" />
          </p>
        )}
        {onRetry && (
          <button type="button" onClick={onRetry} className="button button-small mt-3">
            <Icon name="retry" />
            Try again
          </button>
        )}
      </div>
    </div>
  );
}

export function describeError(error: unknown): { headline: string; detail: string; requestId?: string } {
  if (error instanceof ApiError && error.problem) {
    const { title, detail, requestId } = error.problem;
    return { headline: title, detail, requestId };
  }
  if (error instanceof NetworkError)
    return {
      headline: "Millrace cannot be reached",
      detail: "No answer came. Check that the server runs and that this computer is online, then try again.",
    };
  return { headline: "Something went wrong", detail: error instanceof Error ? error.message : String(error) };
}
