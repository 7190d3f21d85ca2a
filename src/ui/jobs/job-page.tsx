// Everything about one job, live.
import { getRouteApi, Link } from "@tanstack/react-router";
import type { JobId } from "../../contract/ids.ts";
import type { Job } from "../../contract/job.ts";
import { ApiError } from "../app/api.ts";
import { JsonView } from "../components/json-view.tsx";
import { PageHead } from "../components/page-head.tsx";
import { ProblemPanel } from "../components/problem-panel.tsx";
import { Section } from "../components/section.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { modelOf } from "../train/model.ts";
import { PerplexityPanel } from "../train/perplexity-panel.tsx";
import { TrainedNotice } from "../train/trained-notice.tsx";
import { Artifacts } from "./artifacts.tsx";
import { Attempts } from "./attempts.tsx";
import { Explain } from "./explain.tsx";
import { JobErrorPanel } from "./job-error-panel.tsx";
import { JobFacts } from "./job-facts.tsx";
import { JobHeader } from "./job-header.tsx";
import { JobLogProvider } from "./job-log-provider.tsx";
import { JobProgress } from "./job-progress.tsx";
import { isTerminal, isWaiting } from "./job-states.ts";
import { LogPanel } from "./log-panel.tsx";
import { ResultPanel } from "./result-panel.tsx";
import { useJob } from "./use-job.ts";

const route = getRouteApi("/jobs/$jobId");

export function JobPage() {
  const { jobId } = route.useParams();
  const id = jobId as JobId;
  const job = useJob(id);
  if (job.data) return <LoadedJob key={id} job={job.data} />;
  return (
    <>
      <PageHead title="Job" />
      {job.isError ? <JobProblem error={job.error} onRetry={() => job.refetch()} /> : <SkeletonRows count={5} label="Loading the job" />}
    </>
  );
}

function JobProblem({ error, onRetry }: { error: Error; onRetry: () => void }) {
  if (!(error instanceof ApiError && error.status === 404)) return <ProblemPanel error={error} onRetry={onRetry} />;
  return (
    <p>
      There is no job with this id. It may have been pruned: queues keep finished jobs for as long as their retention says. Go to{" "}
      <Link to="/jobs" className="link">
        all jobs
      </Link>
      .
    </p>
  );
}

function LoadedJob({ job }: { job: Job }) {
  const isOver = isTerminal(job.state);
  return (
    <JobLogProvider jobId={job.id}>
      <JobHeader job={job} />
      <div className="grid gap-4 rail:grid-cols-[minmax(0,1fr)_19rem] rail:items-start">
        <div className="grid min-w-0 gap-4">
          <JobProgress job={job} />
          {isWaiting(job.state) && <Explain job={job} />}
          {job.error && job.state !== "cancelled" && <JobErrorPanel error={job.error} isFinal={job.state === "failed"} />}
          {job.kind === "train" && <TrainedNotice model={modelOf(job)} />}
          {job.kind === "train" && job.state !== "queued" && job.state !== "scheduled" && <PerplexityPanel job={job} />}
          {job.state === "completed" && <ResultPanel job={job} />}
          <LogPanel isOver={isOver} />
          <Section title="Payload">
            <JsonView value={job.payload} label="payload" />
          </Section>
          <Attempts jobId={job.id} />
        </div>
        <div className="grid min-w-0 gap-4 rail:sticky rail:top-6">
          <Artifacts jobId={job.id} />
          <JobFacts job={job} />
        </div>
      </div>
    </JobLogProvider>
  );
}
