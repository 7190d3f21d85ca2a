// Perplexity by step as a line, drawn by hand: one series needs no chart library.
import { formatPerplexity, type PerplexityPoint } from "./perplexity.ts";

const WIDTH = 640;
const HEIGHT = 180;
const EDGE = { start: 8, end: 8, top: 16, bottom: 10 };

export function PerplexityChart({ points }: { points: PerplexityPoint[] }) {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return null;
  const values = points.map((point) => point.perplexity);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (step: number) => EDGE.start + ((step - first.step) / (last.step - first.step || 1)) * (WIDTH - EDGE.start - EDGE.end);
  const y = (value: number) => EDGE.top + ((high - value) / (high - low || 1)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const line = points.map((point) => `${x(point.step).toFixed(1)},${y(point.perplexity).toFixed(1)}`).join(" ");
  return (
    <figure>
      <svg
        role="img"
        aria-label={describe(points)}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="h-40 w-full overflow-visible"
      >
        {[high, (high + low) / 2, low].map((value) => (
          <line key={value} x1={0} x2={WIDTH} y1={y(value)} y2={y(value)} className="stroke-line" vectorEffect="non-scaling-stroke" />
        ))}
        {points.length > 1 && (
          <polygon points={`${x(first.step)},${HEIGHT} ${line} ${x(last.step)},${HEIGHT}`} className="fill-water-wash" />
        )}
        <polyline
          points={line}
          fill="none"
          strokeWidth="2.25"
          strokeLinejoin="round"
          strokeLinecap="round"
          vectorEffect="non-scaling-stroke"
          className="stroke-water"
        />
        {/* A dot as a line without length keeps round while the drawing stretches. */}
        <path
          d={`M ${x(last.step)} ${y(last.perplexity)} h 0`}
          strokeWidth="9"
          strokeLinecap="round"
          vectorEffect="non-scaling-stroke"
          className="stroke-water"
        />
      </svg>
      <figcaption className="mt-1 flex justify-between text-sm text-muted">
        <span>
          step {first.step}: {formatPerplexity(first.perplexity)}
        </span>
        <span className="font-semibold text-ink">
          step {last.step}: {formatPerplexity(last.perplexity)}
        </span>
      </figcaption>
    </figure>
  );
}

function describe(points: PerplexityPoint[]): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return "";
  return `Held-out perplexity: ${formatPerplexity(first.perplexity)} at step ${first.step}, ${formatPerplexity(last.perplexity)} at step ${last.step}`;
}
