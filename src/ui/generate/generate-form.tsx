// The form that starts a generate job.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { UploadId } from "../../contract/ids.ts";
import { api } from "../app/api.ts";
import { Field, FormProblem, fieldErrors } from "../components/field.tsx";
import type { TrainedModel } from "../train/model.ts";

const SHOWN_FIELDS = ["modelId", "prompt", "maxTokens", "temperature", "seed"];

export function GenerateForm({ models, chosenModel }: { models: TrainedModel[]; chosenModel: string | undefined }) {
  const navigate = useNavigate();
  const modelId = chosenModel ?? models[0]?.modelId ?? "";
  const [prompt, setPrompt] = useState("");
  const [maxTokens, setMaxTokens] = useState("200");
  const [temperature, setTemperature] = useState("0.8");
  const [seed, setSeed] = useState("");
  const generate = useMutation({
    mutationFn: () =>
      api.jobs.generate({
        modelId: modelId as UploadId,
        prompt,
        maxTokens: Number(maxTokens),
        temperature: Number(temperature),
        ...(seed.trim() === "" ? {} : { seed: Number(seed) }),
      }),
    onSuccess: ({ jobId }) => navigate({ to: "/generate", search: { model: modelId, job: jobId }, replace: true, resetScroll: false }),
  });
  const errors = fieldErrors(generate.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    generate.mutate();
  };
  const isListed = models.some((model) => model.modelId === modelId);
  return (
    <form onSubmit={submit} noValidate className="panel grid gap-4 p-5">
      <FormProblem error={generate.error} shown={SHOWN_FIELDS} />
      <Field label="Model" error={errors.modelId}>
        {(control) => (
          <select
            {...control}
            value={modelId}
            onChange={(event) => navigate({ to: "/generate", search: { model: event.target.value }, replace: true })}
            className="input"
          >
            {!isListed && modelId !== "" && <option value={modelId}>{modelId}</option>}
            {models.map((model) => (
              <option key={model.job.id} value={model.modelId ?? ""}>
                {model.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Beginning" help="It goes on from here. Empty lets it start by itself." error={errors.prompt}>
        {(control) => (
          <textarea
            {...control}
            dir="auto"
            rows={4}
            value={prompt}
            onChange={(event) => setPrompt(event.target.value)}
            className="input leading-6"
          />
        )}
      </Field>
      <div className="grid grid-cols-2 gap-4">
        <Field label="Tokens at most" error={errors.maxTokens}>
          {(control) => (
            <input
              {...control}
              type="number"
              inputMode="numeric"
              min={1}
              max={4096}
              value={maxTokens}
              onChange={(event) => setMaxTokens(event.target.value)}
              className="input"
            />
          )}
        </Field>
        <Field label="Seed" error={errors.seed}>
          {(control) => (
            <input
              {...control}
              type="number"
              inputMode="numeric"
              min={0}
              placeholder="random"
              value={seed}
              onChange={(event) => setSeed(event.target.value)}
              className="input"
            />
          )}
        </Field>
      </div>
      <Field
        label={`Temperature: ${temperature}`}
        help="0 always takes the likeliest token; above 1 it gets wild."
        error={errors.temperature}
      >
        {(control) => (
          <input
            {...control}
            type="range"
            min={0}
            max={2}
            step={0.1}
            value={temperature}
            onChange={(event) => setTemperature(event.target.value)}
            className="w-full accent-water"
          />
        )}
      </Field>
      <button type="submit" disabled={generate.isPending} className="button button-primary">
        {generate.isPending ? "Starting …" : "Generate"}
      </button>
    </form>
  );
}
