// Cancel, retry, run now: whatever the job's state allows and the session's scopes permit.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Job } from "../../contract/job.ts";
import { api } from "../app/api.ts";
import { announce } from "../components/announcer.tsx";
import { ConfirmButton } from "../components/confirm-button.tsx";
import { Icon } from "../components/icons.tsx";
import { describeError } from "../components/problem-panel.tsx";
import { useAllowed } from "../session/use-session.ts";
import { canCancel, canPromote, canRetry } from "./job-states.ts";
import { jobKey } from "./use-job.ts";

export function JobActions({ job }: { job: Job }) {
  const queryClient = useQueryClient();
  const isAllowed = useAllowed("submit");
  const store = (changed: Job) => {
    queryClient.setQueryData(jobKey(job.id), changed);
    void queryClient.invalidateQueries({ queryKey: jobKey(job.id) });
  };
  const act = useMutation({
    mutationFn: (verb: "retry" | "promote") => api.jobs[verb](job.id),
    onSuccess: (changed, verb) => {
      store(changed);
      announce(verb === "retry" ? "The job is queued again" : "The job is queued now");
    },
  });
  if (!isAllowed) return null;
  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap gap-2">
        {canPromote(job) && (
          <button type="button" onClick={() => act.mutate("promote")} disabled={act.isPending} className="button button-primary">
            <Icon name="play" />
            Run now
          </button>
        )}
        {canRetry(job) && (
          <button type="button" onClick={() => act.mutate("retry")} disabled={act.isPending} className="button button-primary">
            <Icon name="retry" />
            Retry
          </button>
        )}
        {canCancel(job) && (
          <ConfirmButton
            label="Cancel job"
            icon="stop"
            question="Cancel this job?"
            detail={
              job.state === "running"
                ? "Its runner is told at the next heartbeat and stops the work. A cancelled job can be retried."
                : "It will not run. A cancelled job can be retried."
            }
            confirm="Cancel job"
            done="Cancellation requested"
            action={async () => store(await api.jobs.cancel(job.id))}
            className="button-danger"
          />
        )}
      </div>
      {act.error && (
        <p role="alert" dir="auto" className="max-w-80 text-sm text-failed">
          {describeError(act.error).detail}
        </p>
      )}
    </div>
  );
}
