// The text of a generate job: its tokens as they are written, or its result once they are gone.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import type { JobId } from "../../contract/ids.ts";
import type { Job } from "../../contract/job.ts";
import { api } from "../app/api.ts";
import { CopyButton } from "../components/copy-button.tsx";
import { formatNumber } from "../components/format.ts";
import { Icon } from "../components/icons.tsx";
import { describeError, ProblemPanel } from "../components/problem-panel.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { Explain } from "../jobs/explain.tsx";
import { JobErrorPanel } from "../jobs/job-error-panel.tsx";
import { JobLogProvider, useJobLog } from "../jobs/job-log-provider.tsx";
import { canCancel, isTerminal, isWaiting } from "../jobs/job-states.ts";
import { StateChip } from "../jobs/state-chip.tsx";
import { jobKey, useJob } from "../jobs/use-job.ts";
import { readGeneration } from "./tokens.ts";

export function GeneratedText({ jobId }: { jobId: JobId }) {
  const { data: job, error, refetch } = useJob(jobId);
  if (!job) return error ? <ProblemPanel error={error} onRetry={() => refetch()} /> : <SkeletonRows count={3} label="Loading the text" />;
  return (
    <JobLogProvider jobId={job.id}>
      <Loaded job={job} />
    </JobLogProvider>
  );
}

function Loaded({ job }: { job: Job }) {
  const log = useJobLog();
  const { prompt, text, tokenCount } = useMemo(() => readGeneration(job, log.lines), [job, log.lines]);
  const isOver = isTerminal(job.state);
  const section = useRef<HTMLElement>(null);
  // On a narrow screen the text begins below the form that asked for it.
  useEffect(() => {
    section.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <section ref={section} aria-label="Generated text" className="panel min-w-0 scroll-mt-20 scroll-mb-24">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3">
        <StateChip state={job.state} isCancelling={job.cancelRequestedAt !== null} />
        <p className="text-sm text-muted">
          {tokenCount === null ? describeLength(text) : `${formatNumber(tokenCount)} ${tokenCount === 1 ? "token" : "tokens"}`}
        </p>
        <div className="ms-auto flex gap-2">
          {canCancel(job) && <StopButton job={job} />}
          <CopyButton text={prompt + text} label="Copy the text">
            Copy
          </CopyButton>
        </div>
      </div>
      <div className="grid gap-4 p-4 sm:p-6">
        {/* Announced when it is whole: token by token would drown everything else. */}
        <p dir="auto" aria-busy={!isOver} className="max-w-[65ch] min-h-24 text-lg leading-8 break-words whitespace-pre-wrap">
          <span className="text-muted">{prompt}</span>
          {text}
          {!isOver && (
            <span aria-hidden="true" className="ms-0.5 inline-block h-5 w-2 translate-y-0.5 animate-breathe rounded-sm bg-water" />
          )}
        </p>
        {isWaiting(job.state) && <Explain job={job} />}
        {job.error && job.state !== "cancelled" && <JobErrorPanel error={job.error} isFinal={job.state === "failed"} />}
        {log.error !== null && !isOver && (
          <ProblemPanel error={log.error} title="The stream of tokens could not be read" onRetry={log.retry} />
        )}
        <Link to="/jobs/$jobId" params={{ jobId: job.id }} className="link w-fit text-sm">
          Log and details of this job
        </Link>
      </div>
    </section>
  );
}

function StopButton({ job }: { job: Job }) {
  const queryClient = useQueryClient();
  const stop = useMutation({
    mutationFn: () => api.jobs.cancel(job.id),
    onSuccess: (changed) => queryClient.setQueryData(jobKey(job.id), changed),
    onError: () => queryClient.invalidateQueries({ queryKey: jobKey(job.id) }),
  });
  return (
    <>
      {stop.error && (
        <p role="alert" className="text-sm text-failed">
          {describeError(stop.error).detail}
        </p>
      )}
      <button type="button" onClick={() => stop.mutate()} disabled={stop.isPending} className="button button-small button-danger">
        <Icon name="stop" />
        Stop
      </button>
    </>
  );
}

/** While it is being written the server counts no tokens for us; words are close enough to follow. */
function describeLength(text: string): string {
  const words = text.split(/\s+/).filter(Boolean).length;
  return words === 0 ? "" : `${formatNumber(words)} ${words === 1 ? "word" : "words"} so far`;
}
