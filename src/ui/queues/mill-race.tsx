// Draws a queue as what it is named after: water gathers in the pond, passes the gate, and runs while jobs run.
// The numbers stand beside it in words; the drawing is for the quick glance.
import type { Queue } from "../../contract/queue.ts";

const [WIDTH, HEIGHT] = [600, 60];
const GATE_X = 270;
/** The pond lies higher than the race, or nothing would flow. */
const [POND_BED_Y, RACE_BED_Y] = [44, 54];
const [POND_DEPTH, RACE_DEPTH] = [38, 26];
/** The least that is seen, so that one job shows. */
const SHALLOW = 6;
/** A pond is brim-full at ten thousand jobs: levels go by orders of magnitude. */
const FULL_LOG = 4;

export function MillRace({ queue: { counts, paused } }: { queue: Queue }) {
  const queued = level(counts.queued, POND_DEPTH);
  const held = Math.min(level(counts.scheduled + counts.blocked, POND_DEPTH), POND_DEPTH - queued);
  const running = level(counts.running, RACE_DEPTH);
  const race = { x: GATE_X + 9, width: WIDTH - GATE_X - 9 };
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="mt-4 h-15 w-full overflow-hidden rounded-lg bg-inset"
    >
      <rect
        x={0}
        y={POND_BED_Y - queued - held}
        width={GATE_X}
        height={held}
        className="fill-scheduled opacity-40 transition-all duration-300"
      />
      <rect x={0} y={POND_BED_Y - queued} width={GATE_X} height={queued} className="fill-queued opacity-65 transition-all duration-300" />
      <rect {...race} y={RACE_BED_Y - running} height={running} className="fill-running opacity-40 transition-all duration-300" />
      {counts.running > 0 && (
        <svg aria-hidden="true" {...race} y={0} height={HEIGHT}>
          <path
            d={ripples(RACE_BED_Y - running)}
            fill="none"
            strokeWidth="2"
            vectorEffect="non-scaling-stroke"
            className="animate-flow stroke-running"
          />
        </svg>
      )}
      <path d={`M0 ${HEIGHT}V${POND_BED_Y}H${GATE_X}L${GATE_X + 12} ${RACE_BED_Y}H${WIDTH}V${HEIGHT}Z`} className="fill-line" />
      <rect x={GATE_X - 1} y={0} width={2} height={POND_BED_Y} className="fill-line-strong" />
      <rect x={GATE_X + 7} y={0} width={2} height={POND_BED_Y + 7} className="fill-line-strong" />
      <rect
        x={GATE_X - 3}
        y={paused ? 4 : -32}
        width={14}
        height={43}
        rx={1.5}
        className={`transition-all duration-500 ${paused ? "fill-blocked" : "fill-line-strong"}`}
      />
    </svg>
  );
}

function level(count: number, full: number): number {
  return count === 0 ? 0 : SHALLOW + Math.min(1, Math.log10(count) / FULL_LOG) * (full - SHALLOW);
}

/** Begins four waves to the left of what is seen, so that drifting by them has no seam. */
function ripples(y: number): string {
  return `M -160 ${y} q 10 -3 20 0 ${"t 20 0 ".repeat(26)}`;
}
