// Shows the page to who is logged in, and the login in its place to everybody else.
import { type ReactNode, useEffect, useRef } from "react";
import { ProblemPanel } from "../components/problem-panel.tsx";
import { takeKeyFromFragment } from "./first-start-link.ts";
import { LoginPage } from "./login-page.tsx";
import { useLogin, useSession } from "./use-session.ts";

export function SessionGate({ firstKey, children }: { firstKey: string | null; children: ReactNode }) {
  const session = useSession();
  const login = useLogin();
  const unusedKey = useRef(firstKey);

  useEffect(() => {
    if (unusedKey.current) login.mutate(unusedKey.current);
    unusedKey.current = null;
    // The link may also be pasted into a tab that is open here already: then only the fragment changes.
    const onHashChange = () => {
      const key = takeKeyFromFragment();
      if (key) login.mutate(key);
    };
    window.addEventListener("hashchange", onHashChange);
    return () => window.removeEventListener("hashchange", onHashChange);
  }, [login.mutate]);

  if (session.data) return children;
  if (session.isPending || login.isPending) return <Waiting />;
  if (session.isError) {
    return (
      <main className="mx-auto max-w-xl p-6">
        <h1 className="sr-only">Millrace</h1>
        <ProblemPanel error={session.error} title="Millrace cannot be reached" onRetry={() => session.refetch()} />
      </main>
    );
  }
  return <LoginPage linkError={login.error} />;
}

function Waiting() {
  return (
    <main aria-busy="true" className="grid min-h-dvh place-items-center text-muted">
      <h1 className="sr-only">Millrace</h1>
      <p role="status">Opening Millrace …</p>
    </main>
  );
}
