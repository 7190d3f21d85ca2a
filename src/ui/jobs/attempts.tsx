// Every execution of the job: how it ended, where it ran, how long it took, why it failed.
import type { JobId } from "../../contract/ids.ts";
import type { Attempt } from "../../contract/job.ts";
import { Icon, type IconName } from "../components/icons.tsx";
import { ProblemPanel } from "../components/problem-panel.tsx";
import { Section } from "../components/section.tsx";
import { RelativeTime, Span } from "../components/time.tsx";
import { useAttempts } from "./use-job.ts";

const OUTCOMES: Record<Attempt["outcome"], { label: string; icon: IconName; colour: string }> = {
  running: { label: "Running", icon: "running", colour: "text-running" },
  completed: { label: "Completed", icon: "completed", colour: "text-completed" },
  failed: { label: "Failed", icon: "failed", colour: "text-failed" },
  cancelled: { label: "Cancelled", icon: "cancelled", colour: "text-cancelled" },
  lost: { label: "Lost: the lease ran out", icon: "blocked", colour: "text-blocked" },
  released: { label: "Given back", icon: "retry", colour: "text-cancelled" },
  timeout: { label: "Timed out", icon: "scheduled", colour: "text-failed" },
};

export function Attempts({ jobId }: { jobId: JobId }) {
  const attempts = useAttempts(jobId);
  return (
    <Section title="Attempts">
      {attempts.isError && <ProblemPanel error={attempts.error} onRetry={() => attempts.refetch()} />}
      {attempts.data?.length === 0 && <p className="text-sm text-muted">Not started yet.</p>}
      <ol className="divide-y divide-line">
        {/* Counted through: a retry by hand starts the attempts' own numbers again. */}
        {attempts.data?.map((attempt, index) => (
          <AttemptItem key={attempt.startedAt} attempt={attempt} number={index + 1} />
        ))}
      </ol>
    </Section>
  );
}

function AttemptItem({ attempt, number }: { attempt: Attempt; number: number }) {
  const { label, icon, colour } = OUTCOMES[attempt.outcome];
  return (
    <li className="py-2.5 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-0.5">
        <span className="text-muted">#{number}</span>
        <span className={`inline-flex items-center gap-1.5 font-semibold ${colour}`}>
          <Icon name={icon} className="size-3.5" />
          {label}
        </span>
        {attempt.runnerId && (
          <span className="min-w-0 truncate text-sm text-muted">
            on <bdi>{attempt.runnerId}</bdi>
          </span>
        )}
        <span className="ms-auto text-sm text-muted">
          <RelativeTime at={attempt.startedAt} />, for <Span from={attempt.startedAt} to={attempt.finishedAt} />
        </span>
      </div>
      {attempt.error && (
        <p dir="auto" className="mt-0.5 text-sm break-words text-failed">
          {attempt.error.message}
        </p>
      )}
    </li>
  );
}
