// The models trained before, each one link away from use.
import { Link } from "@tanstack/react-router";
import { ProblemPanel } from "../components/problem-panel.tsx";
import { Section } from "../components/section.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { RelativeTime } from "../components/time.tsx";
import { formatPerplexity } from "./perplexity.ts";
import { useModels } from "./use-models.ts";

export function ModelList() {
  const { query, models } = useModels();
  return (
    <Section title="Your models">
      {query.isPending && <SkeletonRows count={2} label="Loading models" />}
      {query.isError && <ProblemPanel error={query.error} onRetry={() => query.refetch()} />}
      {query.isSuccess && models.length === 0 && <p className="text-sm text-muted">None yet. The first one you train is listed here.</p>}
      <ul className="divide-y divide-line">
        {models.map(({ name, modelId, perplexity, job }) => (
          <li key={job.id} className="py-3 first:pt-1 last:pb-0">
            <Link to="/jobs/$jobId" params={{ jobId: job.id }} className="block min-w-0 font-semibold break-words hover:underline">
              <bdi>{name}</bdi>
            </Link>
            <p className="text-sm text-muted">
              {perplexity !== null && <>Perplexity {formatPerplexity(perplexity)}, </>}
              <RelativeTime at={job.finishedAt ?? job.createdAt} />
            </p>
            <Link
              to="/generate"
              search={{ model: modelId ?? "" }}
              aria-label={`Generate with it: ${name}`}
              className="button button-small mt-2"
            >
              Generate with it
            </Link>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <button
          type="button"
          onClick={() => query.fetchNextPage()}
          disabled={query.isFetchingNextPage}
          className="button button-small mt-3"
        >
          Older models
        </button>
      )}
    </Section>
  );
}
