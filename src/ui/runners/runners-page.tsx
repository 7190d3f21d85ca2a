// The processes that lease pull jobs: which are there, what they do, and the way to send one home.
import { CopyButton } from "../components/copy-button.tsx";
import { PageHead } from "../components/page-head.tsx";
import { ProblemPanel } from "../components/problem-panel.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { RunnerCard } from "./runner-card.tsx";
import { useRunners } from "./use-runners.ts";

export function RunnersPage() {
  const runners = useRunners();
  const items = runners.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead title="Runners" lead="Runners lease jobs from pull queues and do the heavy work, one machine or many." />
      {runners.isPending && <SkeletonRows count={2} label="Loading runners" height="h-32" />}
      {runners.isError && <ProblemPanel error={runners.error} onRetry={() => runners.refetch()} />}
      {runners.isSuccess && items.length === 0 && <NoRunners />}
      <ul className="grid gap-4 lg:grid-cols-2">
        {items.map((runner) => (
          <li key={runner.id} className="min-w-0">
            <RunnerCard runner={runner} />
          </li>
        ))}
      </ul>
      {runners.hasNextPage && (
        <button type="button" onClick={() => runners.fetchNextPage()} disabled={runners.isFetchingNextPage} className="button mt-4">
          Load more
        </button>
      )}
    </>
  );
}

function NoRunners() {
  const command = `MILLRACE_URL=${window.location.origin} MILLRACE_TOKEN=mr_… npm run runner`;
  return (
    <div className="panel mx-auto max-w-2xl p-6">
      <h2 className="text-xl">No runner has called yet</h2>
      <p className="mt-2 text-muted">Start one with a key that has the scope runner. It appears here with its first request.</p>
      <div className="mt-4 flex items-start gap-2 rounded-lg bg-inset p-3">
        <code className="min-w-0 flex-1 text-sm break-words">{command}</code>
        <CopyButton text={command} label="Copy the command" />
      </div>
    </div>
  );
}
