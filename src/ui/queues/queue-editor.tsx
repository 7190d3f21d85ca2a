// A queue's policy in a dialog. The server checks it; what it complains about is shown at the field.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Queue } from "../../contract/queue.ts";
import { api } from "../app/api.ts";
import { announce } from "../components/announcer.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field, FormProblem, fieldErrors } from "../components/field.tsx";
import { QUEUES_KEY } from "./use-queues.ts";

const DAY_SECONDS = 86_400;
const SHOWN_FIELDS = ["concurrency", "retentionSeconds", "defaults.maxAttempts", "defaults.timeoutSeconds"];

export function QueueEditor({ queue, onClose }: { queue: Queue; onClose: () => void }) {
  const queryClient = useQueryClient();
  const [concurrency, setConcurrency] = useState(queue.concurrency === null ? "" : String(queue.concurrency));
  const [retentionDays, setRetentionDays] = useState(String(Math.round((queue.retentionSeconds / DAY_SECONDS) * 1000) / 1000));
  const [maxAttempts, setMaxAttempts] = useState(String(queue.defaults.maxAttempts));
  const [timeoutSeconds, setTimeoutSeconds] = useState(String(queue.defaults.timeoutSeconds));
  const save = useMutation({
    mutationFn: () =>
      api.queues.put(queue.name, {
        concurrency: concurrency.trim() === "" ? null : Number(concurrency),
        retentionSeconds: Math.round(Number(retentionDays) * DAY_SECONDS),
        defaults: { maxAttempts: Number(maxAttempts), timeoutSeconds: Number(timeoutSeconds) },
      }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: QUEUES_KEY });
      announce(`Settings of ${queue.name} are saved`);
      onClose();
    },
  });
  const errors = fieldErrors(save.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={`Settings of ${queue.name}`} onClose={onClose}>
      <form onSubmit={submit} noValidate className="grid gap-4">
        <FormProblem error={save.error} shown={SHOWN_FIELDS} />
        <Field label="Running jobs at most" help="Empty for no limit." error={errors.concurrency}>
          {(control) => (
            <input
              {...control}
              type="number"
              inputMode="numeric"
              min={1}
              value={concurrency}
              onChange={(event) => setConcurrency(event.target.value)}
              className="input"
            />
          )}
        </Field>
        <Field
          label="Keep finished jobs for (days)"
          help="Older ones are deleted with their logs. At least a minute, at most 365 days."
          error={errors.retentionSeconds}
        >
          {(control) => (
            <input
              {...control}
              type="number"
              inputMode="decimal"
              step="any"
              value={retentionDays}
              onChange={(event) => setRetentionDays(event.target.value)}
              className="input"
            />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Attempts" help="For jobs that do not say." error={errors["defaults.maxAttempts"]}>
            {(control) => (
              <input
                {...control}
                type="number"
                inputMode="numeric"
                min={1}
                max={100}
                value={maxAttempts}
                onChange={(event) => setMaxAttempts(event.target.value)}
                className="input"
              />
            )}
          </Field>
          <Field label="Timeout (seconds)" help="For jobs that do not say." error={errors["defaults.timeoutSeconds"]}>
            {(control) => (
              <input
                {...control}
                type="number"
                inputMode="numeric"
                min={1}
                value={timeoutSeconds}
                onChange={(event) => setTimeoutSeconds(event.target.value)}
                className="input"
              />
            )}
          </Field>
        </div>
        <div className="flex justify-end gap-3">
          <button type="button" onClick={onClose} className="button">
            Discard
          </button>
          <button type="submit" disabled={save.isPending} className="button button-primary">
            Save settings
          </button>
        </div>
      </form>
    </Dialog>
  );
}
