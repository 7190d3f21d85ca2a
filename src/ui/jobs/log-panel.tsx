// The log of a job as it is written: follow, filter by stream, search, copy.
import { useDeferredValue, useMemo, useState } from "react";
import type { LogLine } from "../../contract/job.ts";
import { CopyButton } from "../components/copy-button.tsx";
import { formatNumber } from "../components/format.ts";
import { Icon } from "../components/icons.tsx";
import { ProblemPanel } from "../components/problem-panel.tsx";
import { Section } from "../components/section.tsx";
import { useJobLog } from "./job-log-provider.tsx";
import { LogView } from "./log-view.tsx";

const STREAMS = ["stdout", "stderr", "event"] as const;
type Stream = (typeof STREAMS)[number];
const STREAM_LABELS: Record<Stream, string> = { stdout: "Output", stderr: "Errors", event: "Events" };

export function LogPanel({ isOver }: { isOver: boolean }) {
  const log = useJobLog();
  const [streams, setStreams] = useState<ReadonlySet<Stream>>(new Set<Stream>(["stdout", "stderr"]));
  const [search, setSearch] = useState("");
  const [isFollowing, setIsFollowing] = useState(true);
  const needle = useDeferredValue(search.trim().toLowerCase());
  const shown = useMemo(
    () => log.lines.filter((line) => streams.has(line.stream) && (needle === "" || line.line.toLowerCase().includes(needle))),
    [log.lines, streams, needle],
  );

  const toggle = (stream: Stream) => {
    const next = new Set(streams);
    if (!next.delete(stream)) next.add(stream);
    setStreams(next);
  };

  return (
    <Section
      title="Log"
      aside={
        <p className="text-sm text-muted">
          {formatNumber(shown.length)} of {formatNumber(log.lines.length + log.droppedCount)} lines
        </p>
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <div className="relative min-w-36 flex-1">
          <Icon name="search" className="pointer-events-none absolute start-2.5 top-2 text-muted" />
          <input
            type="search"
            dir="auto"
            aria-label="Search the log"
            placeholder="Search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            className="input min-h-8 py-1 ps-8.5"
          />
        </div>
        <fieldset className="flex gap-3 px-1 text-sm">
          <legend className="sr-only">Streams</legend>
          {STREAMS.map((stream) => (
            <label key={stream} className="flex cursor-pointer items-center gap-1.5">
              <input type="checkbox" checked={streams.has(stream)} onChange={() => toggle(stream)} className="size-4 accent-water" />
              {STREAM_LABELS[stream]}
            </label>
          ))}
        </fieldset>
        <div className="flex gap-2">
          {!isOver && (
            <button type="button" aria-pressed={isFollowing} onClick={() => setIsFollowing(!isFollowing)} className="button button-small">
              <Icon name={isFollowing ? "pause" : "arrowDown"} />
              {isFollowing ? "Pause" : "Follow"}
            </button>
          )}
          <CopyButton text={() => shown.map((line) => line.line).join("\n")} label="Copy the lines shown">
            Copy
          </CopyButton>
        </div>
      </div>
      {log.error !== null && (
        <div className="mb-3">
          <ProblemPanel error={log.error} title="The log could not be read" onRetry={log.retry} />
        </div>
      )}
      {log.droppedCount > 0 && (
        <p className="mb-2 text-sm text-muted">
          The first {formatNumber(log.droppedCount)} lines are no longer shown here; the API has them all.
        </p>
      )}
      <LogView
        lines={shown}
        needle={needle}
        isFollowing={isFollowing}
        onFollow={setIsFollowing}
        empty={emptyText(log, shown.length, isOver)}
      />
    </Section>
  );
}

function emptyText(log: { lines: readonly LogLine[]; isLoaded: boolean }, shownCount: number, isOver: boolean): string | null {
  if (shownCount > 0) return null;
  if (!log.isLoaded) return "Reading the log …";
  if (log.lines.length > 0) return "No line matches. Widen the search or tick another stream.";
  return isOver ? "This job wrote nothing." : "Nothing yet. Lines appear here as the job writes them.";
}
