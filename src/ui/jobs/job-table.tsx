// Jobs as rows: a table on wide screens, the same table stacked on narrow ones.
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Job } from "../../contract/job.ts";
import { shortId } from "../components/format.ts";
import { ProgressBar } from "../components/progress-bar.tsx";
import { RelativeTime, Span } from "../components/time.tsx";
import { StateChip } from "./state-chip.tsx";

const HEADINGS = ["State", "Job", "Queue", "Created", "Ran for"];
const COLUMNS = "rail:grid-cols-[8.5rem_minmax(0,1fr)_9rem_7rem_6.5rem]";

export function JobTable({ jobs, isStale }: { jobs: Job[]; isStale: boolean }) {
  return (
    <table aria-label="Jobs" className={`block transition-opacity ${isStale ? "opacity-60" : ""}`}>
      <thead className="sr-only rail:not-sr-only rail:block">
        <tr className={`eyebrow border-b border-line px-4 py-2 text-start rail:grid rail:gap-x-4 ${COLUMNS}`}>
          {HEADINGS.map((heading) => (
            <th key={heading} scope="col" className="text-start font-medium rail:last:text-end">
              {heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="block">
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} />
        ))}
      </tbody>
    </table>
  );
}

const JobRow = memo(function JobRow({ job }: { job: Job }) {
  return (
    <tr
      className={`relative grid grid-cols-[minmax(0,1fr)_auto] items-start gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 last:border-b-0 hover:bg-hover has-focus-visible:bg-hover first:rounded-t-panel last:rounded-b-panel ${COLUMNS}`}
    >
      <td className="max-rail:col-start-1 max-rail:row-start-2">
        <StateChip state={job.state} isCancelling={job.cancelRequestedAt !== null} />
      </td>
      <td className="min-w-0 max-rail:col-start-1 max-rail:row-start-1">
        <div className="flex min-w-0 flex-wrap items-baseline gap-x-2.5">
          <Link
            to="/jobs/$jobId"
            params={{ jobId: job.id }}
            className="min-w-0 truncate font-semibold after:absolute after:inset-0 after:rounded-[inherit] hover:underline focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-water"
          >
            <bdi>{job.kind}</bdi> <span className="font-mono text-sm font-normal text-muted">{shortId(job.id)}</span>
          </Link>
          {job.tags.map((tag) => (
            <bdi key={tag} className="max-w-40 truncate rounded border border-line px-1.5 text-xs leading-5 text-muted">
              {tag}
            </bdi>
          ))}
        </div>
        <RowDetail job={job} />
      </td>
      <td className="truncate text-muted max-rail:col-start-2 max-rail:row-start-2 max-rail:text-end max-rail:text-sm">
        <bdi>{job.queue}</bdi>
      </td>
      <td className="whitespace-nowrap text-muted max-rail:col-start-2 max-rail:row-start-1 max-rail:text-sm">
        <RelativeTime at={job.createdAt} />
      </td>
      <td className="hidden whitespace-nowrap text-muted rail:block rail:text-end">
        {job.startedAt ? <Span from={job.startedAt} to={job.finishedAt} /> : "–"}
      </td>
    </tr>
  );
});

function RowDetail({ job }: { job: Job }) {
  if (job.state === "running") {
    return (
      <div className="mt-1.5 flex items-center gap-3">
        <div className="w-28 shrink-0">
          <ProgressBar fraction={job.progress.fraction} label={`Progress of ${job.kind} ${shortId(job.id)}`} size="thin" />
        </div>
        <p dir="auto" className="min-w-0 truncate text-sm text-muted">
          {job.progress.message ?? `${Math.round(job.progress.fraction * 100)} %`}
        </p>
      </div>
    );
  }
  if (job.state === "scheduled") {
    return (
      <p className="text-sm text-muted">
        Runs <RelativeTime at={job.runAt} />
        {job.error && (
          <>
            , attempt {job.attempt + 1} of {job.maxAttempts} after: <bdi>{job.error.message}</bdi>
          </>
        )}
      </p>
    );
  }
  if (job.state === "failed" && job.error) {
    return (
      <p dir="auto" className="truncate text-sm text-failed">
        {job.error.message}
      </p>
    );
  }
  return null;
}
