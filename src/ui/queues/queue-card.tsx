// One queue: its mill race, its counts, its figures of the last hour, its switches.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { JobState } from "../../contract/job.ts";
import type { Queue, QueueStats } from "../../contract/queue.ts";
import { api } from "../app/api.ts";
import { announce } from "../components/announcer.tsx";
import { formatCompact, formatDuration, formatNumber } from "../components/format.ts";
import { Icon } from "../components/icons.tsx";
import { ProblemPanel } from "../components/problem-panel.tsx";
import { stateLabel } from "../jobs/job-states.ts";
import { useAllowed } from "../session/use-session.ts";
import { MillRace } from "./mill-race.tsx";
import { QueueEditor } from "./queue-editor.tsx";
import { QUEUES_KEY, useQueueStats } from "./use-queues.ts";

export function QueueCard({ queue }: { queue: Queue }) {
  const queryClient = useQueryClient();
  const isAdmin = useAllowed("admin");
  const [isEditing, setIsEditing] = useState(false);
  const gate = useMutation({
    mutationFn: () => (queue.paused ? api.queues.resume(queue.name) : api.queues.pause(queue.name)),
    onSuccess: () => announce(`Queue ${queue.name} is ${queue.paused ? "running" : "paused"}`),
    onSettled: () => queryClient.invalidateQueries({ queryKey: QUEUES_KEY }),
  });
  return (
    <article aria-labelledby={`queue-${queue.name}`} className="panel p-4 sm:p-5">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
          <h2 id={`queue-${queue.name}`} className="min-w-0 text-xl break-words">
            <bdi>{queue.name}</bdi>
          </h2>
          <span className="text-sm text-muted">{queue.mode === "pull" ? "pulled by runners" : "pushed to handlers"}</span>
          {queue.paused && (
            <span className="inline-flex items-center gap-1.5 rounded-md bg-blocked-wash py-0.5 ps-1.5 pe-2 text-sm font-semibold text-blocked">
              <Icon name="pause" className="size-3.5" />
              Paused
            </span>
          )}
        </div>
        {isAdmin && (
          <div className="flex gap-2">
            <button
              type="button"
              onClick={() => gate.mutate()}
              disabled={gate.isPending}
              aria-label={`${queue.paused ? "Resume" : "Pause"} ${queue.name}`}
              className={`button button-small ${queue.paused ? "button-primary" : ""}`}
            >
              <Icon name={queue.paused ? "play" : "pause"} />
              {queue.paused ? "Resume" : "Pause"}
            </button>
            <button
              type="button"
              onClick={() => setIsEditing(true)}
              aria-label={`Settings of ${queue.name}`}
              className="button button-small"
            >
              <Icon name="settings" />
              Settings
            </button>
          </div>
        )}
      </div>
      {gate.error && (
        <div className="mt-3">
          <ProblemPanel error={gate.error} />
        </div>
      )}
      <MillRace queue={queue} />
      <Counts queue={queue} />
      <Figures name={queue.name} />
      {isEditing && <QueueEditor queue={queue} onClose={() => setIsEditing(false)} />}
    </article>
  );
}

const SHOWN_STATES = ["scheduled", "queued", "running", "completed", "failed", "cancelled"] as const satisfies readonly JobState[];

function Counts({ queue }: { queue: Queue }) {
  return (
    <ul aria-label={`Jobs in ${queue.name} by state`} className="mt-2 flex flex-wrap gap-x-5 gap-y-1.5">
      {SHOWN_STATES.map((state) => (
        <li key={state}>
          <Link
            to="/jobs"
            search={{ queue: queue.name, state }}
            className="group inline-flex items-center gap-1.5 rounded text-muted hover:text-ink"
          >
            <Icon name={state} className="size-3.5" />
            <span className="group-hover:underline">{stateLabel(state)}</span>
            <span className="font-semibold text-ink" title={formatNumber(queue.counts[state])}>
              {formatCompact(queue.counts[state])}
              {state === "running" && queue.concurrency !== null && (
                <span className="font-normal text-muted"> of {formatNumber(queue.concurrency)}</span>
              )}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Figures({ name }: { name: string }) {
  const stats = useQueueStats(name);
  if (stats.isError)
    return <p className="mt-4 text-sm text-failed">The figures of the last hour could not be read: {stats.error.message}</p>;
  const hour = stats.data?.lastHour;
  const oldest = stats.data?.oldestQueuedSeconds;
  return (
    <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-3 border-t border-line pt-4 sm:grid-cols-4">
      <Figure name="Oldest waiting">{oldest == null ? "none" : formatDuration(oldest)}</Figure>
      <Figure name="Finished, last hour">{hour && `${formatCompact(hour.finished)}${hour.sampled ? " or more" : ""}`}</Figure>
      <Figure name="Wait p50 / p95 / p99">{hour && <Percentiles values={hour.waitSeconds} />}</Figure>
      <Figure name="Run p50 / p95 / p99">{hour && <Percentiles values={hour.runSeconds} />}</Figure>
    </dl>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="max-sm:nth-[n+3]:col-span-2">
      <dt className="eyebrow">{name}</dt>
      <dd className="min-h-6 font-semibold">{children ?? <span className="skeleton block h-5 w-20" />}</dd>
    </div>
  );
}

function Percentiles({ values }: { values: QueueStats["lastHour"]["waitSeconds"] }) {
  const texts = [values.p50, values.p95, values.p99].map((seconds) => (seconds === null ? "–" : formatDuration(seconds)));
  return <>{texts.every((text) => text === "–") ? "none yet" : texts.join(" / ")}</>;
}
