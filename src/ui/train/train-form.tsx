// The form that starts a train job.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { UploadId } from "../../contract/ids.ts";
import { api } from "../app/api.ts";
import { Field, FormProblem, fieldErrors } from "../components/field.tsx";
import { DropZone } from "./drop-zone.tsx";
import { useUpload } from "./use-upload.ts";

const SHOWN_FIELDS = ["datasetUploadId", "name", "options.order", "options.unit", "options.heldOutFraction"];

export function TrainForm() {
  const navigate = useNavigate();
  const upload = useUpload();
  const [name, setName] = useState("");
  const [order, setOrder] = useState("4");
  const [unit, setUnit] = useState<"word" | "char">("word");
  const [heldOutPercent, setHeldOutPercent] = useState("10");
  const [isFileMissing, setIsFileMissing] = useState(false);
  const train = useMutation({
    mutationFn: (datasetUploadId: UploadId) =>
      api.jobs.train({
        datasetUploadId,
        ...(name.trim() === "" ? {} : { name: name.trim() }),
        options: { order: Number(order), unit, heldOutFraction: Number(heldOutPercent) / 100 },
      }),
    onSuccess: ({ jobId }) => navigate({ to: "/train", search: { job: jobId } }),
  });
  const errors = fieldErrors(train.error);
  const stored = upload.state.step === "stored" ? upload.state.upload : null;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsFileMissing(stored === null);
    if (stored) train.mutate(stored.id as UploadId);
  };

  const chooseFile = (file: File) => {
    setIsFileMissing(false);
    if (name === "") setName(file.name.replace(/\.[^.]+$/, "").slice(0, 100));
    void upload.start(file);
  };

  const missing = upload.state.step === "sending" ? "The upload is not finished yet." : "Choose a file first.";
  return (
    <form onSubmit={submit} noValidate className="panel grid gap-5 p-5 sm:p-6">
      <FormProblem error={train.error} shown={SHOWN_FIELDS} />
      <DropZone
        state={upload.state}
        onFile={chooseFile}
        onClear={upload.clear}
        error={errors.datasetUploadId ?? (isFileMissing ? missing : undefined)}
      />
      <Field label="Name" help="To tell your models apart." error={errors.name}>
        {(control) => (
          <input
            {...control}
            dir="auto"
            autoComplete="off"
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
            className="input"
          />
        )}
      </Field>
      <div className="grid gap-5 sm:grid-cols-3">
        <Field
          label="Order"
          help="Longest run of tokens it remembers, 1 to 8. Higher quotes the text more."
          error={errors["options.order"]}
        >
          {(control) => (
            <input
              {...control}
              type="number"
              inputMode="numeric"
              min={1}
              max={8}
              value={order}
              onChange={(event) => setOrder(event.target.value)}
              className="input"
            />
          )}
        </Field>
        <Field label="Unit" help="Words read better; characters suit small texts and any script." error={errors["options.unit"]}>
          {(control) => (
            <select
              {...control}
              value={unit}
              onChange={(event) => setUnit(event.target.value === "char" ? "char" : "word")}
              className="input"
            >
              <option value="word">Words</option>
              <option value="char">Characters</option>
            </select>
          )}
        </Field>
        <Field label="Held out (%)" help="Kept back to measure perplexity, 1 to 50." error={errors["options.heldOutFraction"]}>
          {(control) => (
            <input
              {...control}
              type="number"
              inputMode="decimal"
              min={1}
              max={50}
              value={heldOutPercent}
              onChange={(event) => setHeldOutPercent(event.target.value)}
              className="input"
            />
          )}
        </Field>
      </div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <button type="submit" disabled={train.isPending} className="button button-primary">
          {train.isPending ? "Starting …" : "Train"}
        </button>
        {isFileMissing && stored === null && (
          <p role="alert" className="text-sm text-failed">
            {missing}
          </p>
        )}
      </div>
    </form>
  );
}
