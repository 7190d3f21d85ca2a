// The runners, read again every few seconds, for that they were seen is itself news.
import { useInfiniteQuery } from "@tanstack/react-query";
import { api } from "../app/api.ts";
import { useLiveEvents } from "../live/live.ts";

export const RUNNERS_KEY = ["runners"] as const;
const REFRESH_MS = 10_000;

export function useRunners() {
  const runners = useInfiniteQuery({
    queryKey: RUNNERS_KEY,
    queryFn: ({ pageParam, signal }) => api.runners.list(pageParam === undefined ? {} : { cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: REFRESH_MS,
  });
  useLiveEvents((events) => {
    if (events.some((event) => event.type.startsWith("runner."))) void runners.refetch();
  });
  return runners;
}
