// Says that a model is ready, and leads to using it.
import { Link } from "@tanstack/react-router";
import type { TrainedModel } from "./model.ts";
import { formatPerplexity } from "./perplexity.ts";

export function TrainedNotice({ model: { modelId, perplexity } }: { model: TrainedModel }) {
  if (modelId === null) return null;
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 rounded-panel border border-completed/40 bg-completed-wash p-4">
      <p className="font-semibold">Trained{perplexity !== null && `, held-out perplexity ${formatPerplexity(perplexity)}`}</p>
      <Link to="/generate" search={{ model: modelId }} className="button button-primary">
        Generate with it
      </Link>
    </div>
  );
}
