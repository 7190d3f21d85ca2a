// The filtered list of jobs: pages from the server, kept current in place by live events, never reshuffled under the reader.
import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Event } from "../../contract/event.ts";
import type { Job, JobPage } from "../../contract/job.ts";
import { api } from "../app/api.ts";
import { readWithEvents, useLiveEvents } from "../live/live.ts";
import { applyEvent, stateAfter } from "./job-events.ts";
import { type JobFilters, mayMatch } from "./job-filters.ts";

const PAGE_SIZE = 50;
/** Beyond that "more" is all anybody wants to know. */
export const MOST_COUNTED = 1000;
type JobPages = InfiniteData<JobPage, string | undefined>;

export function useJobList(filters: JobFilters) {
  const queryClient = useQueryClient();
  const queryKey = ["jobs", filters] as const;
  const [unseen, setUnseen] = useState<{ key: string; ids: ReadonlySet<string> }>({ key: "", ids: new Set() });
  const key = JSON.stringify(filters);
  const newIds = unseen.key === key ? unseen.ids : new Set<string>();

  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      readWithEvents(() => api.jobs.list({ ...filters, limit: PAGE_SIZE, cursor: pageParam }, { signal }), applyToPage),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    placeholderData: (previous) => previous,
    // Events keep it current; a return to the page reads it anew.
    refetchOnWindowFocus: false,
  });

  useLiveEvents((events) => {
    const pages = queryClient.getQueryData<JobPages>(queryKey);
    if (!pages) return;
    const known = new Set(pages.pages.flatMap((page) => page.items.map((job) => job.id as string)));
    const changes = new Map<string, Event[]>();
    const arrived: string[] = [];
    for (const event of events) {
      if (event.jobId === undefined) continue;
      const state = stateAfter(event);
      if (known.has(event.jobId)) changes.set(event.jobId, [...(changes.get(event.jobId) ?? []), event]);
      else if (
        event.type !== "job.log" &&
        event.type !== "job.progress" &&
        state &&
        isArrival(filters, event) &&
        mayMatch(filters, { state, queue: event.queue })
      )
        arrived.push(event.jobId);
    }
    if (changes.size > 0) queryClient.setQueryData<JobPages>(queryKey, (data) => data && applyToPages(data, changes));
    if (arrived.length > 0 && newIds.size < MOST_COUNTED) setUnseen({ key, ids: new Set([...newIds, ...arrived]) });
  });

  const showNew = async () => {
    // Back to one page: what was loaded below is out of place by now.
    queryClient.setQueryData<JobPages>(
      queryKey,
      (data) => data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) },
    );
    await list.refetch();
    setUnseen({ key, ids: new Set() });
  };

  return { list, jobs: list.data?.pages.flatMap((page) => page.items) ?? [], newCount: newIds.size, showNew };
}

/** Without a state filter only what was just enqueued is new; with one, whatever just came into that state. */
function isArrival(filters: JobFilters, event: Event): boolean {
  return filters.state !== undefined || (event.type === "job.enqueued" && event.data.retried !== true && event.data.promoted !== true);
}

function applyToPage(page: JobPage, event: Event): JobPage {
  if (!page.items.some((job) => job.id === event.jobId)) return page;
  return { ...page, items: page.items.map((job) => (job.id === event.jobId ? applyEvent(job, event) : job)) };
}

function applyToPages(data: JobPages, changes: Map<string, Event[]>): JobPages {
  const pages = data.pages.map((page) => {
    if (!page.items.some((job) => changes.has(job.id))) return page;
    return { ...page, items: page.items.map((job): Job => (changes.get(job.id) ?? []).reduce(applyEvent, job)) };
  });
  return { ...data, pages };
}
