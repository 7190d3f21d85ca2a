// One runner.
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Runner } from "../../contract/runner.ts";
import { api } from "../app/api.ts";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Icon, type IconName } from "../components/icons.tsx";
import { JsonView } from "../components/json-view.tsx";
import { RelativeTime } from "../components/time.tsx";
import { useAllowed } from "../session/use-session.ts";
import { RUNNERS_KEY } from "./use-runners.ts";

const STATES: Record<Runner["state"], { label: string; icon: IconName; colour: string }> = {
  online: { label: "Online", icon: "completed", colour: "bg-completed-wash text-completed" },
  draining: { label: "Draining", icon: "drain", colour: "bg-blocked-wash text-blocked" },
  offline: { label: "Offline", icon: "cancelled", colour: "bg-cancelled-wash text-cancelled" },
};

export function RunnerCard({ runner }: { runner: Runner }) {
  const queryClient = useQueryClient();
  const isAdmin = useAllowed("admin");
  const { label, icon, colour } = STATES[runner.state];
  const labels = Object.entries(runner.labels);
  return (
    <article aria-labelledby={`runner-${runner.id}`} className="panel h-full p-4 sm:p-5">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h2 id={`runner-${runner.id}`} className="text-lg break-all">
            <bdi>{runner.id}</bdi>
          </h2>
          <p className="text-sm text-muted">
            Seen <RelativeTime at={runner.lastSeenAt} />, known since <RelativeTime at={runner.firstSeenAt} />
          </p>
        </div>
        <span className={`inline-flex items-center gap-1.5 rounded-md py-0.5 ps-1.5 pe-2 text-sm font-semibold ${colour}`}>
          <Icon name={icon} className="size-3.5" />
          {label}
        </span>
      </div>
      <dl className="mt-4 grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5">
        <dt className="text-muted">Running jobs</dt>
        <dd className="font-semibold">{runner.runningJobs}</dd>
        <dt className="text-muted">Queues</dt>
        <dd className="flex flex-wrap gap-x-2">
          {runner.queues.map((name) => (
            <Link key={name} to="/jobs" search={{ queue: name }} className="link">
              <bdi>{name}</bdi>
            </Link>
          ))}
        </dd>
        <dt className="text-muted">Kinds</dt>
        <dd className="break-words">{runner.kinds === null ? "every kind" : runner.kinds.join(", ")}</dd>
        {labels.length > 0 && (
          <>
            <dt className="text-muted">Labels</dt>
            <dd className="flex flex-wrap gap-1.5">
              {labels.map(([name, value]) => (
                <code key={name} className="rounded border border-line px-1.5 text-sm break-all">
                  {name}={value}
                </code>
              ))}
            </dd>
          </>
        )}
      </dl>
      {hasContent(runner.metrics) && (
        <details className="mt-3">
          <summary className="w-fit rounded text-sm text-muted hover:text-ink">Metrics</summary>
          <div className="mt-2">
            <JsonView value={runner.metrics} label="metrics" />
          </div>
        </details>
      )}
      {isAdmin && runner.state === "online" && (
        <div className="mt-4">
          <ConfirmButton
            label="Drain"
            icon="drain"
            question={`Drain ${runner.id}?`}
            detail="It takes no more jobs, finishes those it has, and exits. Start it again to bring it back."
            confirm="Drain runner"
            done="The runner is draining"
            action={async () => {
              await api.runners.drain(runner.id);
              await queryClient.invalidateQueries({ queryKey: RUNNERS_KEY });
            }}
            className="button-small"
          />
        </div>
      )}
    </article>
  );
}

function hasContent(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}
