// A train job as it runs: progress, perplexity by step, and where to go next.
import { Link } from "@tanstack/react-router";
import type { JobId } from "../../contract/ids.ts";
import { ProblemPanel } from "../components/problem-panel.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { Explain } from "../jobs/explain.tsx";
import { JobActions } from "../jobs/job-actions.tsx";
import { JobErrorPanel } from "../jobs/job-error-panel.tsx";
import { JobLogProvider } from "../jobs/job-log-provider.tsx";
import { JobProgress } from "../jobs/job-progress.tsx";
import { isTerminal, isWaiting } from "../jobs/job-states.ts";
import { StateChip } from "../jobs/state-chip.tsx";
import { useJob } from "../jobs/use-job.ts";
import { modelOf } from "./model.ts";
import { PerplexityPanel } from "./perplexity-panel.tsx";
import { TrainedNotice } from "./trained-notice.tsx";

export function TrainingProgress({ jobId }: { jobId: JobId }) {
  const { data: job, error, refetch } = useJob(jobId);
  if (!job)
    return error ? <ProblemPanel error={error} onRetry={() => refetch()} /> : <SkeletonRows count={3} label="Loading the train job" />;
  const model = modelOf(job);
  return (
    <JobLogProvider jobId={job.id}>
      <div className="grid min-w-0 gap-4">
        <section aria-label="Training" className="flex flex-wrap items-center justify-between gap-3">
          <h2 className="flex min-w-0 flex-wrap items-center gap-3 text-xl">
            <bdi className="min-w-0 break-words">{model.name}</bdi>
            <StateChip state={job.state} isCancelling={job.cancelRequestedAt !== null} />
          </h2>
          <JobActions job={job} />
        </section>
        <JobProgress job={job} />
        {isWaiting(job.state) && <Explain job={job} />}
        {job.error && job.state !== "cancelled" && <JobErrorPanel error={job.error} isFinal={job.state === "failed"} />}
        <PerplexityPanel job={job} />
        <TrainedNotice model={model} />
        <div className="flex flex-wrap gap-x-5 gap-y-2">
          <Link to="/jobs/$jobId" params={{ jobId: job.id }} className="link">
            Log and details of this job
          </Link>
          <Link to="/train" search={{}} className="link">
            {isTerminal(job.state) ? "Train another" : "Train another meanwhile"}
          </Link>
        </div>
      </div>
    </JobLogProvider>
  );
}
