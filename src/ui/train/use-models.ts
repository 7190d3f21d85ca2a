// The models trained so far: the completed train jobs that have one.
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../app/api.ts";
import { useLiveEvents } from "../live/live.ts";
import { modelOf } from "./model.ts";

const MODELS_KEY = ["models"] as const;
const PAGE_SIZE = 20;

export function useModels() {
  const queryClient = useQueryClient();
  const query = useInfiniteQuery({
    queryKey: MODELS_KEY,
    queryFn: ({ pageParam, signal }) =>
      api.jobs.list({ kind: "train", state: "completed", limit: PAGE_SIZE, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
  useLiveEvents((events) => {
    if (events.some((event) => event.type === "job.completed")) void queryClient.invalidateQueries({ queryKey: MODELS_KEY });
  });
  const models = query.data?.pages.flatMap((page) => page.items.map(modelOf)).filter((model) => model.modelId !== null) ?? [];
  return { query, models };
}
