// What the job gave back, its earlier versions, and the way to correct it.
import { useState } from "react";
import type { Job, ResultVersion } from "../../contract/job.ts";
import { Icon } from "../components/icons.tsx";
import { JsonView } from "../components/json-view.tsx";
import { Section } from "../components/section.tsx";
import { RelativeTime } from "../components/time.tsx";
import { useAllowed } from "../session/use-session.ts";
import { ResultEditor } from "./result-editor.tsx";
import { useResult } from "./use-job.ts";

export function ResultPanel({ job }: { job: Job }) {
  const stored = useResult(job.id);
  const isAllowed = useAllowed("submit");
  const [isEditing, setIsEditing] = useState(false);
  const result = stored.data ? stored.data.result : job.result;
  const versions = stored.data?.versions ?? [];
  return (
    <Section
      title="Result"
      aside={
        isAllowed &&
        stored.data && (
          <button type="button" onClick={() => setIsEditing(true)} className="button button-small">
            <Icon name="edit" />
            Edit
          </button>
        )
      }
    >
      {result === null ? <p className="text-sm text-muted">The job gave nothing back.</p> : <JsonView value={result} label="result" />}
      {versions.length > 0 && (
        <details className="mt-3 border-t border-line pt-3">
          <summary className="w-fit rounded text-sm text-muted hover:text-ink">
            {versions.length} earlier {versions.length === 1 ? "version" : "versions"}
          </summary>
          <ol className="mt-2 grid gap-3">
            {versions.map((version) => (
              <EarlierVersion key={version.version} version={version} />
            ))}
          </ol>
        </details>
      )}
      {isEditing && stored.data && <ResultEditor jobId={job.id} current={stored.data} onClose={() => setIsEditing(false)} />}
    </Section>
  );
}

function EarlierVersion({ version }: { version: ResultVersion }) {
  return (
    <li className="rounded-lg bg-inset p-3">
      <p className="mb-1 text-sm text-muted">
        Version {version.version}, <RelativeTime at={version.createdAt} />,{" "}
        {version.editedBy === null ? (
          "by the job itself"
        ) : (
          <>
            by <bdi>{version.editedBy}</bdi>
          </>
        )}
      </p>
      <JsonView value={version.result} label={`version ${version.version}`} />
    </li>
  );
}
