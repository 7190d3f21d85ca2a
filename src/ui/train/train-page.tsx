// Trains a model on a text: upload, options, live progress, and the models trained before.
import { getRouteApi } from "@tanstack/react-router";
import type { JobId } from "../../contract/ids.ts";
import { PageHead } from "../components/page-head.tsx";
import { useAllowed } from "../session/use-session.ts";
import { ModelList } from "./model-list.tsx";
import { TrainForm } from "./train-form.tsx";
import { TrainingProgress } from "./training-progress.tsx";

const route = getRouteApi("/train");

export function TrainPage() {
  const { job } = route.useSearch();
  const isAllowed = useAllowed("submit");
  return (
    <>
      <PageHead title="Train" lead="Give it a text; it learns which words follow which, and tells how well as it goes." />
      <div className="grid gap-6 rail:grid-cols-[minmax(0,1fr)_20rem] rail:items-start">
        {job ? (
          <TrainingProgress key={job} jobId={job as JobId} />
        ) : isAllowed ? (
          <TrainForm />
        ) : (
          <p className="panel p-5">This key may read but not enqueue. Log in with a key that has the scope submit to train.</p>
        )}
        <ModelList />
      </div>
    </>
  );
}
