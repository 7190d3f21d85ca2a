// Writes text with a trained model; what it writes appears as it comes.
import { getRouteApi, Link } from "@tanstack/react-router";
import type { JobId } from "../../contract/ids.ts";
import { PageHead } from "../components/page-head.tsx";
import { ProblemPanel } from "../components/problem-panel.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { useAllowed } from "../session/use-session.ts";
import { useModels } from "../train/use-models.ts";
import { GenerateForm } from "./generate-form.tsx";
import { GeneratedText } from "./generated-text.tsx";

const route = getRouteApi("/generate");

export function GeneratePage() {
  const { job, model } = route.useSearch();
  const { query, models } = useModels();
  const isAllowed = useAllowed("submit");
  return (
    <>
      <PageHead title="Generate" lead="Give it a beginning; the model goes on from there." />
      {query.isPending && <SkeletonRows count={3} label="Loading models" />}
      {query.isError && <ProblemPanel error={query.error} onRetry={() => query.refetch()} />}
      {query.isSuccess && models.length === 0 && !model && <NoModels />}
      {query.isSuccess && (models.length > 0 || model) && (
        <div className="grid gap-6 rail:grid-cols-[22rem_minmax(0,1fr)] rail:items-start">
          {isAllowed ? (
            <GenerateForm models={models} chosenModel={model} />
          ) : (
            <p className="panel p-5">This key may read but not enqueue. Log in with a key that has the scope submit to generate.</p>
          )}
          {job ? (
            <GeneratedText key={job} jobId={job as JobId} />
          ) : (
            <p className="hidden rounded-panel border border-dashed border-line-strong p-10 text-center text-muted rail:block">
              The text will appear here.
            </p>
          )}
        </div>
      )}
    </>
  );
}

function NoModels() {
  return (
    <div className="panel px-4 py-12 text-center">
      <h2 className="text-xl">No model yet</h2>
      <p className="mt-2 text-muted">Train one on a text of yours first. It takes seconds for a book.</p>
      <Link to="/train" search={{}} className="button button-primary mt-5">
        Train a model
      </Link>
    </div>
  );
}
