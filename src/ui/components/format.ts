// Numbers, sizes and durations as people read them.

const number = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

export const formatNumber = (value: number): string => number.format(value);
export const formatCompact = (value: number): string => (value < 10_000 ? number.format(value) : compact.format(value));
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** The time of day here. */
export const formatClock = (at: string): string => clock.format(Date.parse(at));
export const formatExactTime = (ms: number): string => exact.format(ms);

const SIZE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), SIZE_UNITS.length - 1);
  const value = bytes / 1024 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${SIZE_UNITS[power]}`;
}

/** Two units at most: 340 ms, 4.2 s, 3 min 12 s, 2 h 5 min, 3 d 4 h. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.001) return "0 ms";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(whole, 60, ["min", "s"]);
  if (whole < 86_400) return pair(Math.round(whole / 60), 60, ["h", "min"]);
  return pair(Math.round(whole / 3600), 24, ["d", "h"]);
}

function pair(value: number, base: number, [large, small]: [string, string]): string {
  const rest = value % base;
  return rest === 0 ? `${Math.floor(value / base)} ${large}` : `${Math.floor(value / base)} ${large} ${rest} ${small}`;
}

/** "12 s ago", "in 3 min"; "just now" within two seconds either way. */
export function formatRelative(fromNowSeconds: number): string {
  const size = Math.abs(fromNowSeconds);
  if (size < 2) return "just now";
  const span = wholeUnits(size);
  return fromNowSeconds < 0 ? `${span} ago` : `in ${span}`;
}

function wholeUnits(seconds: number): string {
  if (seconds < 60) return `${Math.trunc(seconds)} s`;
  if (seconds < 3600) return `${Math.trunc(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.trunc(seconds / 3600)} h`;
  return `${Math.trunc(seconds / 86_400)} d`;
}

/** The end of an id is what tells ids apart at a glance: they begin with the time. */
export function shortId(id: string): string {
  const split = id.indexOf("_") + 1;
  return split > 0 && id.length > split + 8 ? `${id.slice(0, split)}…${id.slice(-6)}` : id;
}
