// The files a job left behind, to download.
import type { JobId } from "../../contract/ids.ts";
import { CopyButton } from "../components/copy-button.tsx";
import { formatBytes, formatNumber } from "../components/format.ts";
import { Icon } from "../components/icons.tsx";
import { Section } from "../components/section.tsx";
import { useArtifacts } from "./use-job.ts";

export function Artifacts({ jobId }: { jobId: JobId }) {
  const artifacts = useArtifacts(jobId);
  if (!artifacts.data || artifacts.data.length === 0) return null;
  return (
    <Section title="Artifacts">
      <ul className="grid gap-3">
        {artifacts.data.map((artifact) => (
          <li key={artifact.name}>
            <a
              href={`/api/v1/uploads/${encodeURIComponent(artifact.uploadId)}/content`}
              download={artifact.name}
              className="button w-full justify-start"
            >
              <Icon name="download" />
              <bdi className="min-w-0 truncate">{artifact.name}</bdi>
              <span className="ms-auto ps-2 font-normal text-muted" title={`${formatNumber(artifact.sizeBytes)} bytes`}>
                {formatBytes(artifact.sizeBytes)}
              </span>
            </a>
            <p className="mt-1 flex items-center text-xs text-muted">
              <span className="me-1.5 shrink-0">SHA-256</span>
              <code className="truncate" title={artifact.sha256}>
                {artifact.sha256}
              </code>
              <CopyButton text={artifact.sha256} label={`Copy the SHA-256 of ${artifact.name}`} />
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}
