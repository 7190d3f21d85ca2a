// Who is logged in, the theme, and the way out.
import { useLogout, useSession } from "../session/use-session.ts";
import { ThemeToggle } from "./theme-toggle.tsx";

export function AccountCard({ name }: { name: string }) {
  const session = useSession();
  const logout = useLogout();
  return (
    <div className="grid gap-3 text-sm">
      <div className="flex items-baseline justify-between gap-3">
        <p className="min-w-0 truncate text-deep-muted" title={session.data?.scopes.join(", ")}>
          <span className="sr-only">Key: </span>
          <bdi className="text-deep-ink">{session.data?.name}</bdi>
        </p>
        <button
          type="button"
          onClick={() => logout.mutate()}
          className="shrink-0 rounded text-deep-muted underline underline-offset-4 hover:text-deep-ink focus-visible:outline-foam"
        >
          Log out
        </button>
      </div>
      <ThemeToggle name={`theme-${name}`} />
    </div>
  );
}
