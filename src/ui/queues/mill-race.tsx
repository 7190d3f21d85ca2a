// Draws a queue as what it is named after: water gathers in the pond, passes the gate, and flows while jobs run.
// The numbers stand beside it in words; the drawing is for the quick glance.
import type { Queue } from "../../contract/queue.ts";

const HEIGHT = 56;
const BED_Y = 50;
/** A pond is brim-full at ten thousand jobs: levels go by orders of magnitude. */
const FULL_LOG = 4;

export function MillRace({ queue }: { queue: Queue }) {
  const { counts } = queue;
  const waiting = level(counts.queued, 36);
  const held = level(counts.scheduled + counts.blocked, 36);
  const flow = level(counts.running, 24);
  const isFlowing = counts.running > 0;
  return (
    <svg aria-hidden="true" viewBox={`0 0 600 ${HEIGHT}`} preserveAspectRatio="none" className="mt-4 h-14 w-full overflow-hidden rounded-lg bg-inset">
      <rect x="0" y={BED_Y - held - waiting} width="268" height={held} className="fill-scheduled opacity-35 transition-all duration-300" />
      <rect x="0" y={BED_Y - waiting} width="268" height={waiting} className="fill-queued opacity-60 transition-all duration-300" />
      <rect x="280" y={BED_Y - flow} width="320" height={flow} className="fill-running opacity-35 transition-all duration-300" />
      {isFlowing && (
        <g className="stroke-running" fill="none" strokeWidth="2" vectorEffect="non-scaling-stroke">
          <svg x="280" y="0" width="320" height={HEIGHT}>
            <g className="animate-drift-back">
              <path d={ripples(BED_Y - flow)} vectorEffect="non-scaling-stroke" />
            </g>
          </svg>
        </g>
      )}
      <rect x="0" y={BED_Y} width="600" height={HEIGHT - BED_Y} className="fill-line" />
      <rect x="268" y="0" width="3" height={BED_Y} className="fill-line-strong" />
      <rect x="277" y="0" width="3" height={BED_Y} className="fill-line-strong" />
      <rect x="266" y={queue.paused ? 8 : -28} width="16" height="42" rx="1.5" className={`transition-all duration-500 ${queue.paused ? "fill-blocked" : "fill-line-strong"}`} />
    </svg>
  );
}

function level(count: number, full: number): number {
  return count === 0 ? 0 : Math.max(4, Math.min(1, Math.log10(count + 1) / FULL_LOG) * full);
}

/** Twice the width that is seen, so that drifting by half has no seam. */
function ripples(y: number): string {
  return `M -640 ${y} ${"q 10 -3 20 0 t 20 0 ".repeat(40)}`;
}
