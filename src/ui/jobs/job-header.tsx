// The top of a job's page: what it is, where it stands, and what can be done about it.
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import type { Job } from "../../contract/job.ts";
import { CopyButton } from "../components/copy-button.tsx";
import { shortId } from "../components/format.ts";
import { JobActions } from "./job-actions.tsx";
import { StateChip } from "./state-chip.tsx";

export function JobHeader({ job }: { job: Job }) {
  useEffect(() => {
    document.title = `${job.kind} ${shortId(job.id)}, ${job.state} · Millrace`;
  }, [job.kind, job.id, job.state]);
  return (
    <div className="mb-6">
      <nav aria-label="Breadcrumb" className="mb-2 text-sm text-muted">
        <Link to="/jobs" className="link">
          Jobs
        </Link>{" "}
        <span aria-hidden="true">/</span>{" "}
        <Link to="/jobs" search={{ queue: job.queue }} className="link">
          <bdi>{job.queue}</bdi>
        </Link>
      </nav>
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <h1 className="min-w-0 text-3xl tracking-tight break-words">
              <bdi>{job.kind}</bdi>
            </h1>
            <StateChip state={job.state} isCancelling={job.cancelRequestedAt !== null} />
          </div>
          <p className="mt-1 flex items-center gap-1 text-muted">
            <code className="min-w-0 text-sm break-all">{job.id}</code>
            <CopyButton text={job.id} label="Copy the job's id" />
          </p>
        </div>
        <JobActions job={job} />
      </div>
    </div>
  );
}
