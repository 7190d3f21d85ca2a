// Who is logged in: the key behind the session cookie, and what its scopes allow.
import { useMutation, useQuery } from "@tanstack/react-query";
import type { Scope, Session } from "../../contract/key.ts";
import { ApiError, api } from "../app/api.ts";
import { queryClient, SESSION_KEY } from "../app/query-client.ts";

const PATH = "/api/v1/session";

let hasJustLoggedIn = false;

/** True once after each login: the page behind it then takes the focus that the login form held. */
export function takeLoginFocus(): boolean {
  const wasSet = hasJustLoggedIn;
  hasJustLoggedIn = false;
  return wasSet;
}

/** Null while nobody is logged in. */
export function useSession() {
  return useQuery({ queryKey: SESSION_KEY, queryFn: readSession, staleTime: Number.POSITIVE_INFINITY });
}

export function useLogin() {
  return useMutation({
    mutationFn: (key: string) => api.request<Session>("POST", PATH, { json: { key } }),
    // "Who am I?" may still be under way, and its answer must not come after this one.
    onMutate: () => queryClient.cancelQueries({ queryKey: SESSION_KEY }),
    onError: () => queryClient.invalidateQueries({ queryKey: SESSION_KEY }),
    onSuccess: (session) => {
      hasJustLoggedIn = true;
      queryClient.setQueryData(SESSION_KEY, session);
    },
  });
}

export function useLogout() {
  return useMutation({
    mutationFn: () => api.request<void>("DELETE", PATH),
    onSuccess: () => {
      queryClient.setQueryData(SESSION_KEY, null);
      // The next to log in may not be allowed to see what this one saw.
      queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
    },
  });
}

/** True where the session's key may do what needs `scope`. `submit` includes reading; `admin` everything. */
export function useAllowed(scope: Scope): boolean {
  const scopes = useSession().data?.scopes ?? [];
  return scopes.includes("admin") || scopes.includes(scope);
}

async function readSession({ signal }: { signal: AbortSignal }): Promise<Session | null> {
  try {
    return await api.request<Session>("GET", PATH, { signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}
