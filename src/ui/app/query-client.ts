// The query cache: what is retried, and what an expired session does wherever it is met.
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError, NetworkError } from "./api.ts";

export const SESSION_KEY = ["session"] as const;
const MAX_RETRIES = 2;

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noteExpiry }),
  mutationCache: new MutationCache({ onError: noteExpiry }),
  defaultOptions: {
    queries: {
      retry: (failures, error) =>
        failures < MAX_RETRIES && (error instanceof NetworkError || (error instanceof ApiError && error.isTemporary)),
      staleTime: 2_000,
    },
  },
});

/** A 401 shows the login in place of the page; the address, and with it the place, stays. */
export function noteExpiry(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) queryClient.setQueryData(SESSION_KEY, null);
}
