// Links that narrow the list to one state, each with how many jobs are in it.
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { JobState } from "../../contract/job.ts";
import { formatCompact, formatNumber } from "../components/format.ts";
import { Icon } from "../components/icons.tsx";
import { useLiveEvents } from "../live/live.ts";
import { QUEUES_KEY, useQueues } from "../queues/use-queues.ts";
import type { JobFilters } from "./job-filters.ts";
import { JOB_STATE_LIST, stateLabel } from "./job-states.ts";

const RECOUNT_MS = 2000;

export function StateTabs({ filters }: { filters: JobFilters }) {
  const counts = useCounts(filters.queue);
  const total = counts && Object.values(counts).reduce((sum, count) => sum + count, 0);
  // Nothing is ever blocked until flows exist; the tab comes when it is needed.
  const states = JOB_STATE_LIST.filter((state) => state !== "blocked" || filters.state === state || (counts?.blocked ?? 0) > 0);
  return (
    <nav aria-label="States" className="-mx-4 mb-3 overflow-x-auto px-4 py-1 [scrollbar-width:none] sm:-mx-6 sm:px-6 rail:mx-0 rail:px-0">
      <ul className="flex w-max gap-1">
        <Tab filters={filters} state={undefined} count={total} />
        {states.map((state) => (
          <Tab key={state} filters={filters} state={state} count={counts?.[state]} />
        ))}
      </ul>
    </nav>
  );
}

function Tab({ filters, state, count }: { filters: JobFilters; state: JobState | undefined; count: number | undefined }) {
  const { state: _, ...rest } = filters;
  const isCurrent = filters.state === state;
  const link = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isCurrent) link.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [isCurrent]);
  return (
    <li ref={link}>
      <Link
        to="/jobs"
        search={state === undefined ? rest : { ...rest, state }}
        activeOptions={{ exact: true }}
        className="flex items-center gap-1.5 rounded-lg px-2.5 py-1.5 whitespace-nowrap text-muted hover:bg-hover hover:text-ink aria-[current=page]:bg-surface aria-[current=page]:font-semibold aria-[current=page]:text-ink aria-[current=page]:shadow-[inset_0_0_0_1px_var(--color-line-strong)]"
      >
        {state && <Icon name={state} className="size-3.5" />}
        {state ? stateLabel(state) : "All"}
        {count !== undefined && (
          <span className="text-sm text-muted" title={formatNumber(count)}>
            {formatCompact(count)}
          </span>
        )}
      </Link>
    </li>
  );
}

/** Counts over all queues, or those of one; counted anew every two seconds while things change. */
function useCounts(queue: string | undefined): Record<JobState, number> | undefined {
  const queryClient = useQueryClient();
  const queues = useQueues();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useLiveEvents((events) => {
    if (timer.current !== undefined || !events.some((event) => event.jobId && event.type !== "job.log" && event.type !== "job.progress"))
      return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void queryClient.invalidateQueries({ queryKey: QUEUES_KEY });
    }, RECOUNT_MS);
  });
  if (!queues.data) return undefined;
  const sum: Record<JobState, number> = { scheduled: 0, queued: 0, running: 0, blocked: 0, completed: 0, failed: 0, cancelled: 0 };
  for (const { name, counts } of queues.data) {
    if (queue === undefined || queue === name) for (const state of JOB_STATE_LIST) sum[state] += counts[state];
  }
  return sum;
}
