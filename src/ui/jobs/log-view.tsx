// The scrolling part of a log: lines in chunks that are drawn only when they come into view.
import { Fragment, memo, useEffect, useLayoutEffect, useRef } from "react";
import type { LogLine } from "../../contract/job.ts";
import { formatClock } from "../components/format.ts";
import { ScrollRegion } from "../components/scroll-region.tsx";
import { attemptOfLine } from "./log-attempt.ts";

const CHUNK_LINES = 200;
/** Shorter logs are as high as their lines. */
const FULL_HEIGHT_LINES = 12;
/** This close to the end still counts as at the end. */
const END_SLACK_PX = 32;

interface LogViewProps {
  lines: readonly LogLine[];
  needle: string;
  isFollowing: boolean;
  onFollow: (isFollowing: boolean) => void;
  empty: string | null;
}

export function LogView({ lines, needle, isFollowing, onFollow, empty }: LogViewProps) {
  const view = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are what moves the end.
  useLayoutEffect(() => {
    if (isFollowing && view.current) view.current.scrollTop = view.current.scrollHeight;
  }, [isFollowing, lines]);

  // Chunks get their true height only when drawn, so the end moves after the lines are in.
  useEffect(() => {
    if (!isFollowing || !content.current) return;
    const observer = new ResizeObserver(() => view.current?.scrollTo({ top: view.current.scrollHeight }));
    observer.observe(content.current);
    return () => observer.disconnect();
  }, [isFollowing]);

  const noteScroll = () => {
    const element = view.current;
    if (!element) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < END_SLACK_PX;
    if (isAtEnd !== isFollowing) onFollow(isAtEnd);
  };

  const chunks: (readonly LogLine[])[] = [];
  for (let start = 0; start < lines.length; start += CHUNK_LINES) chunks.push(lines.slice(start, start + CHUNK_LINES));

  return (
    <ScrollRegion
      ref={view}
      label="Log lines"
      onScroll={noteScroll}
      className={`overscroll-contain rounded-lg bg-inset py-2 font-mono text-[0.8125rem] leading-5 ${lines.length > FULL_HEIGHT_LINES ? "h-80 resize-y" : ""}`}
    >
      <div ref={content}>
        {empty !== null && <p className="px-3 font-sans text-sm text-muted">{empty}</p>}
        {chunks.map((chunk, index) => (
          <Chunk
            key={chunk[0]?.seq}
            lines={chunk}
            before={chunks[index - 1]?.at(-1)}
            needle={needle}
            isLast={index === chunks.length - 1}
          />
        ))}
      </div>
    </ScrollRegion>
  );
}

interface ChunkProps {
  lines: readonly LogLine[];
  /** The last line of the chunk before. */
  before: LogLine | undefined;
  needle: string;
  isLast: boolean;
}

const Chunk = memo(
  function Chunk({ lines, before, needle, isLast }: ChunkProps) {
    return (
      <div className={isLast ? "" : "log-chunk"}>
        {lines.map((line, index) => (
          <Fragment key={line.seq}>
            {startsAttempt(line, lines[index - 1] ?? before) && <AttemptMark attempt={attemptOfLine(line.seq)} />}
            <Line line={line} needle={needle} />
          </Fragment>
        ))}
      </div>
    );
  },
  // A log only grows: the same ends mean the same lines.
  (old, next) =>
    old.needle === next.needle &&
    old.isLast === next.isLast &&
    old.before?.seq === next.before?.seq &&
    old.lines.length === next.lines.length &&
    old.lines[0]?.seq === next.lines[0]?.seq &&
    old.lines.at(-1)?.seq === next.lines.at(-1)?.seq,
);

/** The first attempt needs no mark: most jobs have no other. */
function startsAttempt(line: LogLine, before: LogLine | undefined): boolean {
  return attemptOfLine(line.seq) !== (before ? attemptOfLine(before.seq) : 1);
}

function AttemptMark({ attempt }: { attempt: number }) {
  return <p className="mt-2 mb-1 border-t border-line px-3 pt-1 font-sans text-sm font-semibold text-muted">Attempt {attempt}</p>;
}

function Line({ line, needle }: { line: LogLine; needle: string }) {
  return (
    <div
      className={`flex gap-3 px-3 hover:bg-hover ${line.stream === "stderr" ? "text-failed" : line.stream === "event" ? "text-scheduled" : ""}`}
    >
      <time dateTime={line.at} title={line.at} className="hidden shrink-0 text-muted select-none sm:block">
        {formatClock(line.at)}
      </time>
      {line.stream !== "stdout" && <span className="shrink-0 font-semibold select-none">{line.stream === "stderr" ? "err" : "evt"}</span>}
      <span dir="auto" className="min-w-0 flex-1 break-words whitespace-pre-wrap">
        <Marked text={line.line} needle={needle} />
      </span>
    </div>
  );
}

function Marked({ text, needle }: { text: string; needle: string }) {
  const at = needle === "" ? -1 : text.toLowerCase().indexOf(needle);
  if (at < 0) return <>{text === "" ? "\u00a0" : text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark className="rounded-sm bg-blocked-wash text-ink outline-1 outline-blocked">{text.slice(at, at + needle.length)}</mark>
      {text.slice(at + needle.length)}
    </>
  );
}
