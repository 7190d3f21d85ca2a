// One job and what hangs off it, kept current by its live events.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { JobId } from "../../contract/ids.ts";
import type { Job } from "../../contract/job.ts";
import { api } from "../app/api.ts";
import { announce } from "../components/announcer.tsx";
import { readWithEvents, useLiveEvents, useLiveFocus } from "../live/live.ts";
import { applyEvent } from "./job-events.ts";
import { isTerminal, isWaiting } from "./job-states.ts";

const EXPLAIN_MS = 5000;
/** The row is the truth and events are hints: a job that still moves is read again now and then, should a hint get lost. */
const SAFETY_MS = 15_000;

export const jobKey = (id: JobId) => ["job", id] as const;

/** Follows the job live while the calling component is there. */
export function useJob(id: JobId | undefined) {
  const queryClient = useQueryClient();
  useLiveFocus(id);
  useLiveEvents((events) => {
    const own = events.filter((event) => event.jobId === id && event.type !== "job.log");
    if (!id || own.length === 0) return;
    const before = queryClient.getQueryData<Job>(jobKey(id));
    const after = before && own.reduce(applyEvent, before);
    if (after) queryClient.setQueryData<Job>(jobKey(id), after);
    if (before && after && before.state !== after.state) announce(`The job is ${after.state}`);
    if (own.some((event) => event.type !== "job.progress")) void queryClient.invalidateQueries({ queryKey: jobKey(id) });
  });
  return useQuery({
    queryKey: jobKey(id as JobId),
    queryFn: ({ signal }) =>
      readWithEvents(
        () => api.jobs.get(id as JobId, { signal }),
        (job, event) => (event.jobId === id ? applyEvent(job, event) : job),
      ),
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data && isTerminal(query.state.data.state) ? false : SAFETY_MS),
  });
}

export function useAttempts(id: JobId) {
  return useQuery({
    queryKey: [...jobKey(id), "attempts"],
    queryFn: async ({ signal }) => (await api.jobs.attempts(id, { signal })).items,
  });
}

export function useArtifacts(id: JobId) {
  return useQuery({
    queryKey: [...jobKey(id), "artifacts"],
    queryFn: async ({ signal }) => (await api.jobs.artifacts(id, { signal })).items,
  });
}

export function useResult(id: JobId) {
  return useQuery({ queryKey: [...jobKey(id), "result"], queryFn: ({ signal }) => api.jobs.result(id, { signal }) });
}

/** Why the job waits; asked again every few seconds for as long as it does. */
export function useExplanation(job: Job) {
  return useQuery({
    queryKey: [...jobKey(job.id), "explain", job.state],
    queryFn: ({ signal }) => api.jobs.explain(job.id, { signal }),
    enabled: isWaiting(job.state),
    refetchInterval: EXPLAIN_MS,
  });
}
