// Takes a file by drop or by button, and shows its way to the server.
import { type DragEvent, useId, useRef, useState } from "react";
import { CopyButton } from "../components/copy-button.tsx";
import { formatBytes, formatNumber } from "../components/format.ts";
import { Icon } from "../components/icons.tsx";
import { ProblemPanel } from "../components/problem-panel.tsx";
import { ProgressBar } from "../components/progress-bar.tsx";
import type { UploadState } from "./use-upload.ts";

interface DropZoneProps {
  state: UploadState;
  onFile: (file: File) => void;
  onClear: () => void;
  error?: string | undefined;
}

export function DropZone({ state, onFile, onClear, error }: DropZoneProps) {
  const id = useId();
  return (
    <div>
      <p id={id} className="mb-1 font-semibold">
        Text to learn from
      </p>
      {state.step === "none" && <Chooser labelId={id} onFile={onFile} error={error} />}
      {state.step === "sending" && (
        <div className="rounded-lg border border-line bg-inset p-4">
          <FileLine
            name={state.file.name}
            detail={`${formatBytes(state.sentBytes)} of ${formatBytes(state.file.size)}`}
            action="Cancel upload"
            onAction={onClear}
          />
          <div className="mt-3">
            <ProgressBar
              fraction={state.file.size === 0 ? null : state.sentBytes / state.file.size}
              label={`Upload of ${state.file.name}`}
            />
          </div>
        </div>
      )}
      {state.step === "stored" && (
        <div className="rounded-lg border border-line bg-inset p-4">
          <FileLine
            name={state.upload.name}
            detail={<span title={`${formatNumber(state.upload.sizeBytes)} bytes`}>{formatBytes(state.upload.sizeBytes)}, stored</span>}
            action="Use another"
            onAction={onClear}
          />
          <p className="mt-1 flex items-center gap-1 ps-6.5 text-xs text-muted">
            <span className="shrink-0">SHA-256</span>
            <code className="min-w-0 truncate" title={state.upload.sha256}>
              {state.upload.sha256}
            </code>
            <CopyButton text={state.upload.sha256} label="Copy the SHA-256" />
          </p>
        </div>
      )}
      {state.step === "failed" && (
        <div className="grid gap-3">
          <ProblemPanel error={state.error} title={`${state.file.name} could not be uploaded`} onRetry={() => onFile(state.file)} />
          <Chooser labelId={id} onFile={onFile} error={undefined} />
        </div>
      )}
    </div>
  );
}

function Chooser({ labelId, onFile, error }: { labelId: string; onFile: (file: File) => void; error: string | undefined }) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (file) onFile(file);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    take(event.dataTransfer.files);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is the mouse's way; the button inside is everybody's.
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
      data-testid="drop-zone"
      className={`grid justify-items-center gap-3 rounded-lg border-2 border-dashed px-4 py-8 text-center ${isOver ? "border-water bg-water-wash" : error ? "border-failed" : "border-line-strong bg-inset"}`}
    >
      <Icon name="upload" className="size-7 text-water" />
      <p className="text-muted">{isOver ? "Let go to upload" : "Drop a text file here"}</p>
      <button type="button" onClick={() => input.current?.click()} aria-describedby={`${labelId} ${labelId}-error`} className="button">
        Choose a file
      </button>
      <input
        ref={input}
        type="file"
        accept=".txt,.md,.csv,.json,.jsonl,text/*"
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => take(event.target.files)}
        className="hidden"
      />
      <p className="text-sm text-muted">Plain text, UTF-8. A book of a megabyte already gives readable sentences.</p>
      <p id={`${labelId}-error`} className="text-sm font-medium text-failed empty:hidden">
        {error}
      </p>
    </div>
  );
}

function FileLine({ name, detail, action, onAction }: { name: string; detail: React.ReactNode; action: string; onAction: () => void }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <Icon name="file" className="text-water" />
      <div className="min-w-0 flex-1">
        <bdi className="block truncate font-semibold">{name}</bdi>
        <p className="text-sm text-muted">{detail}</p>
      </div>
      <button type="button" onClick={onAction} className="button button-small">
        {action}
      </button>
    </div>
  );
}
