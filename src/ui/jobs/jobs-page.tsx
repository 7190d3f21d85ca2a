// The list of jobs: filters, rows that change in place, and what to do when there are none.
import { getRouteApi } from "@tanstack/react-router";
import { useRef } from "react";
import { announce } from "../components/announcer.tsx";
import { formatNumber } from "../components/format.ts";
import { Icon } from "../components/icons.tsx";
import { PageHead } from "../components/page-head.tsx";
import { ProblemPanel } from "../components/problem-panel.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { hasFilters } from "./job-filters.ts";
import { JobTable } from "./job-table.tsx";
import { NoJobsMatch, NoJobsYet } from "./no-jobs.tsx";
import { StateTabs } from "./state-tabs.tsx";
import { MOST_COUNTED, useJobList } from "./use-job-list.ts";

const route = getRouteApi("/jobs");

export function JobsPage() {
  const filters = route.useSearch();
  const { list, jobs, newCount, showNew } = useJobList(filters);
  const panel = useRef<HTMLDivElement>(null);

  const showNewJobs = async () => {
    await showNew();
    panel.current?.scrollIntoView({ block: "nearest" });
    panel.current?.focus({ preventScroll: true });
    announce("The list is up to date");
  };

  return (
    <>
      <PageHead title="Jobs" />
      <StateTabs filters={filters} />
      <FilterBar filters={filters} />
      <div className="sticky top-16 z-10 h-0 text-center rail:top-3">
        {newCount > 0 && (
          <button
            type="button"
            onClick={showNewJobs}
            className="button button-primary button-small -translate-y-2 rounded-full px-4 shadow-lg"
          >
            <Icon name="retry" />
            {describeNew(newCount)}
          </button>
        )}
      </div>
      <div ref={panel} tabIndex={-1} className="panel outline-none" aria-busy={list.isFetching}>
        {list.isPending && <SkeletonRows count={8} label="Loading jobs" />}
        {list.isError && (
          <div className="p-3">
            <ProblemPanel error={list.error} onRetry={() => list.refetch()} />
          </div>
        )}
        {list.isSuccess && jobs.length === 0 && (hasFilters(filters) ? <NoJobsMatch /> : <NoJobsYet />)}
        {jobs.length > 0 && <JobTable jobs={jobs} isStale={list.isPlaceholderData} />}
      </div>
      {jobs.length > 0 && (
        <div className="mt-4 flex flex-wrap items-center justify-between gap-3">
          <p className="text-sm text-muted">
            {formatNumber(jobs.length)} {jobs.length === 1 ? "job" : "jobs"} shown, newest first
          </p>
          {list.hasNextPage && (
            <button type="button" onClick={() => list.fetchNextPage()} disabled={list.isFetchingNextPage} className="button">
              {list.isFetchingNextPage ? "Loading …" : "Load more"}
            </button>
          )}
        </div>
      )}
    </>
  );
}

function describeNew(count: number): string {
  if (count >= MOST_COUNTED) return `More than ${formatNumber(MOST_COUNTED)} new jobs`;
  return count === 1 ? "1 new job" : `${formatNumber(count)} new jobs`;
}
