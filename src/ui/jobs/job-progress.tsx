// How far the job is, and how its time was spent: held back, waiting, running.
import type { Job } from "../../contract/job.ts";
import { formatDuration } from "../components/format.ts";
import { useNow } from "../components/now.ts";
import { ProgressBar } from "../components/progress-bar.tsx";
import { isTerminal } from "./job-states.ts";

export function JobProgress({ job }: { job: Job }) {
  const percent = Math.round(job.progress.fraction * 100);
  const isRunning = job.state === "running";
  return (
    <section aria-label="Progress" className="panel p-4">
      {(isRunning || (job.progress.fraction > 0 && job.state !== "completed") || job.progress.message !== null) && (
        <div className="mb-4">
          <div className="mb-1.5 flex justify-between gap-4">
            <p dir="auto" className="min-w-0 break-words">
              {job.progress.message ?? (isRunning ? "Running" : "")}
            </p>
            <p className="font-semibold">{percent} %</p>
          </div>
          <ProgressBar fraction={job.progress.fraction} label="Progress" isActive={isRunning || job.state === "completed"} />
        </div>
      )}
      <Timings job={job} />
    </section>
  );
}

function Timings({ job }: { job: Job }) {
  const now = useNow(1000);
  const parts = splitTime(job, now);
  const total = parts.reduce((sum, part) => sum + part.ms, 0) || 1;
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-3">
      {parts.map((part) => (
        <div key={part.label} className="min-w-24" style={{ flexGrow: Math.max(part.ms / total, 0.12) }}>
          <div aria-hidden="true" className={`mb-1.5 h-1 rounded-full ${part.colour}`} />
          <dt className="eyebrow">{part.label}</dt>
          <dd className="font-semibold">{formatDuration(part.ms < 1000 || part.isOver ? part.ms / 1000 : Math.floor(part.ms / 1000))}</dd>
        </div>
      ))}
    </dl>
  );
}

interface TimePart {
  label: string;
  ms: number;
  isOver: boolean;
  colour: string;
}

function splitTime(job: Job, now: number): TimePart[] {
  const created = Date.parse(job.createdAt);
  const end = job.finishedAt ? Date.parse(job.finishedAt) : now;
  const started = job.startedAt ? Date.parse(job.startedAt) : null;
  const due = Math.min(Math.max(Date.parse(job.runAt), created), started ?? end);
  const parts: TimePart[] = [];
  if (due - created >= 1000)
    parts.push({
      label: job.state === "scheduled" ? "Held back so far" : "Held back",
      ms: due - created,
      isOver: job.state !== "scheduled",
      colour: "bg-scheduled",
    });
  if (job.state !== "scheduled")
    parts.push({
      label: started === null ? "Waiting" : "Waited",
      ms: Math.max(0, (started ?? end) - due),
      isOver: started !== null || isTerminal(job.state),
      colour: "bg-queued",
    });
  if (started !== null)
    parts.push({
      label: job.finishedAt ? "Ran" : "Running for",
      ms: Math.max(0, end - started),
      isOver: job.finishedAt !== null,
      colour: job.state === "failed" ? "bg-failed" : job.state === "completed" ? "bg-completed" : "bg-running",
    });
  return parts;
}
