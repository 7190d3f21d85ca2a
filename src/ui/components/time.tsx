// Times and spans of time that keep themselves current; the exact time is in the title.
import { formatDuration, formatExactTime, formatRelative } from "./format.ts";
import { useNow } from "./now.ts";

export function RelativeTime({ at, className }: { at: string; className?: string }) {
  const ms = Date.parse(at);
  const now = useNow(Date.now() - ms < 60_000 ? 1000 : 10_000);
  return (
    <time dateTime={at} title={formatExactTime(ms)} className={className}>
      {formatRelative((ms - now) / 1000)}
    </time>
  );
}

/** From `from` to `to`, or to now while `to` is null. */
export function Span({ from, to }: { from: string; to: string | null }) {
  return to === null ? <RunningSpan from={from} /> : <>{formatDuration(Math.max(0, Date.parse(to) - Date.parse(from)) / 1000)}</>;
}

function RunningSpan({ from }: { from: string }) {
  const now = useNow(1000);
  // Tenths of a running second are noise.
  return <>{formatDuration(Math.max(1, Math.floor((now - Date.parse(from)) / 1000)))}</>;
}
