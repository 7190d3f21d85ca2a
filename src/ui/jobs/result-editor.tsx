// Corrects a result: text as text, everything else as JSON. The version guards against overwriting somebody else's edit.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { JobId } from "../../contract/ids.ts";
import type { JobResult } from "../../contract/job.ts";
import { api } from "../app/api.ts";
import { announce } from "../components/announcer.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field, FormProblem, fieldErrors } from "../components/field.tsx";
import { jobKey } from "./use-job.ts";

export function ResultEditor({ jobId, current, onClose }: { jobId: JobId; current: JobResult; onClose: () => void }) {
  const queryClient = useQueryClient();
  const isText = typeof current.result === "string";
  const [draft, setDraft] = useState(isText ? (current.result as string) : JSON.stringify(current.result, null, 2));
  const [syntaxError, setSyntaxError] = useState<string>();
  // The version that was read when the dialog opened, whatever arrives meanwhile.
  const [version] = useState(current.version);
  const save = useMutation({
    mutationFn: (result: unknown) => api.jobs.editResult(jobId, { result, version }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: jobKey(jobId) });
      announce("The result is saved");
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const parsed = isText ? { value: draft } : parseJson(draft);
    setSyntaxError("error" in parsed ? parsed.error : undefined);
    if (!("error" in parsed)) save.mutate(parsed.value);
  };
  return (
    <Dialog title="Edit the result" onClose={onClose}>
      <form onSubmit={submit} noValidate className="grid gap-4">
        <FormProblem error={save.error} shown={["result"]} />
        <Field
          label={isText ? "Text" : "JSON"}
          help="The version before is kept and stays readable."
          error={syntaxError ?? fieldErrors(save.error).result}
        >
          {(control) => (
            <textarea
              {...control}
              dir="auto"
              rows={12}
              spellCheck={isText}
              value={draft}
              onChange={(event) => setDraft(event.target.value)}
              className="input font-mono text-sm leading-6"
            />
          )}
        </Field>
        <div className="flex justify-end gap-3">
          <button type="button" onClick={onClose} className="button">
            Discard
          </button>
          <button type="submit" disabled={save.isPending} className="button button-primary">
            Save result
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function parseJson(text: string): { value: unknown } | { error: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { error: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}
