// Says whether what is on the page follows the server: in words, and as water that moves only while it does.
import { useLiveStatus } from "./live.ts";
import type { LiveStatus } from "./live-hub.ts";

const WORDS: Record<LiveStatus, { label: string; detail: string }> = {
  connecting: { label: "Connecting", detail: "Opening the live stream." },
  live: { label: "Live", detail: "Changes appear as they happen." },
  lost: { label: "Reconnecting", detail: "The live stream broke off. What you see may be out of date." },
  resting: { label: "Resting", detail: "The live stream rests while this tab is hidden." },
};

export function LiveIndicator() {
  const status = useLiveStatus();
  const { label, detail } = WORDS[status];
  return (
    <p role="status" title={detail} className="flex items-center gap-2 text-sm text-deep-muted">
      <span
        aria-hidden="true"
        className={`size-2 rounded-full ${status === "live" ? "bg-foam" : "animate-breathe border border-deep-ink"}`}
      />
      {label}
      <span className="sr-only">: {detail}</span>
    </p>
  );
}

/** The race at the foot of the rail. */
export function Race() {
  const isLive = useLiveStatus() === "live";
  return (
    <div aria-hidden="true" className="h-9 overflow-hidden">
      <svg
        aria-hidden="true"
        viewBox="0 0 480 36"
        preserveAspectRatio="none"
        fill="none"
        className={`h-9 w-[200%] text-foam ${isLive ? "animate-drift" : "opacity-50"}`}
      >
        <path d={wave(9)} stroke="currentColor" strokeWidth="1.5" opacity="0.75" />
        <path d={wave(19)} stroke="currentColor" strokeWidth="1.5" opacity="0.45" />
        <path d={wave(29)} stroke="currentColor" strokeWidth="1.5" opacity="0.25" />
      </svg>
    </div>
  );
}

/** Two equal halves, so that sliding by one of them has no seam. */
function wave(y: number): string {
  return `M 0 ${y} q 15 -6 30 0 ${"t 30 0 ".repeat(15)}`;
}
