// Why the job is not running yet, in the server's words, with the way out where there is one.
import { Link } from "@tanstack/react-router";
import type { Job } from "../../contract/job.ts";
import { Icon } from "../components/icons.tsx";
import { RelativeTime } from "../components/time.tsx";
import { useExplanation } from "./use-job.ts";

export function Explain({ job }: { job: Job }) {
  const explanation = useExplanation(job);
  const reasons = explanation.data?.waitingFor ?? [];
  if (reasons.length === 0 && job.state !== "scheduled") return null;
  return (
    <section aria-label="Why it waits" className="rounded-panel border border-queued/30 bg-queued-wash p-4">
      <h2 className="flex items-center gap-2 text-base">
        <Icon name={job.state} className="text-queued" />
        Why it waits
      </h2>
      <ul className="mt-1.5 grid gap-1 ps-6">
        {job.state === "scheduled" && (
          <li>
            Runs <RelativeTime at={job.runAt} />.
          </li>
        )}
        {reasons
          .filter(({ reason }) => reason !== "run_at" || job.state !== "scheduled")
          .map(({ reason, detail }) => (
            <li key={reason} dir="auto">
              {detail}{" "}
              {(reason === "queue_paused" || reason === "concurrency") && (
                <Link to="/queues" hash={job.queue} className="link">
                  Go to the queue
                </Link>
              )}
              {reason === "no_runner" && (
                <Link to="/runners" className="link">
                  Go to runners
                </Link>
              )}
            </li>
          ))}
      </ul>
    </section>
  );
}
