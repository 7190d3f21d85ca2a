// The job's settings and accounts, as a list of facts.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Job, Usage } from "../../contract/job.ts";
import { formatBytes, formatDuration, formatNumber } from "../components/format.ts";
import { Section } from "../components/section.tsx";
import { RelativeTime } from "../components/time.tsx";

export function JobFacts({ job }: { job: Job }) {
  const labels = Object.entries(job.requires.labels);
  return (
    <Section title="Details">
      <dl className="grid gap-2 text-sm">
        <Fact name="Created">
          <RelativeTime at={job.createdAt} />
        </Fact>
        {job.startedAt && (
          <Fact name="Started">
            <RelativeTime at={job.startedAt} />
          </Fact>
        )}
        {job.finishedAt && (
          <Fact name="Finished">
            <RelativeTime at={job.finishedAt} />
          </Fact>
        )}
        <Fact name="Attempt">
          {job.attempt} of {job.maxAttempts}
        </Fact>
        {job.runnerId && (
          <Fact name="Runner">
            <bdi>{job.runnerId}</bdi>
          </Fact>
        )}
        <Fact name="Priority">{job.priority}</Fact>
        <Fact name="Timeout">{formatDuration(job.timeoutSeconds)}</Fact>
        {job.ttlSeconds !== null && <Fact name="Must start within">{formatDuration(job.ttlSeconds)}</Fact>}
        <Fact name="Backoff">{describeBackoff(job.backoff)}</Fact>
        {job.uniqueKey && (
          <Fact name="Unique key">
            <bdi>{job.uniqueKey}</bdi>
          </Fact>
        )}
        {labels.length > 0 && <Fact name="Needs labels">{labels.map(([name, value]) => `${name}=${value}`).join(", ")}</Fact>}
        {job.usage &&
          usageFacts(job.usage).map(([name, value]) => (
            <Fact key={name} name={name}>
              {value}
            </Fact>
          ))}
      </dl>
      {job.tags.length > 0 && (
        <ul aria-label="Tags" className="mt-3 flex flex-wrap gap-1.5">
          {job.tags.map((tag) => (
            <li key={tag} className="max-w-full">
              <Link to="/jobs" search={{ tag }} className="block truncate rounded border border-line px-1.5 text-sm hover:bg-hover">
                <bdi>{tag}</bdi>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="shrink-0 text-muted">{name}</dt>
      <dd className="min-w-0 text-end break-words">{children}</dd>
    </div>
  );
}

function describeBackoff({ type, baseSeconds, capSeconds }: Job["backoff"]): string {
  return type === "fixed"
    ? `fixed, ${formatDuration(baseSeconds)}`
    : `${type}, ${formatDuration(baseSeconds)} to ${formatDuration(capSeconds)}`;
}

function usageFacts(usage: Usage): [string, string][] {
  const facts: [string, string][] = [];
  if (usage.cpuSeconds !== undefined) facts.push(["CPU time", formatDuration(usage.cpuSeconds)]);
  if (usage.gpuSeconds !== undefined) facts.push(["GPU time", formatDuration(usage.gpuSeconds)]);
  if (usage.peakVramBytes !== undefined) facts.push(["Peak GPU memory", formatBytes(usage.peakVramBytes)]);
  if (usage.energyJoules !== undefined) facts.push(["Energy", `${formatNumber(Math.round(usage.energyJoules))} J`]);
  if (usage.tokens !== undefined) facts.push(["Tokens", formatNumber(usage.tokens)]);
  return facts;
}
