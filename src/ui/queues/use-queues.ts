// The queues with their counts, and each queue's figures of the last hour.
import { useQuery } from "@tanstack/react-query";
import { api } from "../app/api.ts";

export const QUEUES_KEY = ["queues"] as const;
/** Figures over an hour change slowly, and there is a request for each queue. */
const STATS_MS = 15_000;

export function useQueues() {
  return useQuery({ queryKey: QUEUES_KEY, queryFn: async ({ signal }) => (await api.queues.list({ signal })).items });
}

export function useQueueStats(name: string) {
  return useQuery({
    queryKey: ["queue-stats", name],
    queryFn: ({ signal }) => api.queues.stats(name, { signal }),
    refetchInterval: STATS_MS,
  });
}
