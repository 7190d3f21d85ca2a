// The chart of a train job, fed by its log as it grows.
import { useMemo } from "react";
import type { Job } from "../../contract/job.ts";
import { Section } from "../components/section.tsx";
import { useJobLog } from "../jobs/job-log-provider.tsx";
import { perplexityOfResult, readPerplexity } from "./perplexity.ts";
import { PerplexityChart } from "./perplexity-chart.tsx";

export function PerplexityPanel({ job }: { job: Job }) {
  const { lines } = useJobLog();
  const points = useMemo(
    () => perplexityOfResult(job.result) ?? readPerplexity(lines, job.progress.message),
    [lines, job.result, job.progress.message],
  );
  if (points.length === 0) return null;
  return (
    <Section
      title="Held-out perplexity"
      aside={<p className="text-sm text-muted">Lower is better: how surprised the model is by text it has not seen.</p>}
    >
      <PerplexityChart points={points} />
    </Section>
  );
}
