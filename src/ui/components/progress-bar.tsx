// How far something is, for eyes and for screen readers.

/** `fraction` is 0 to 1; null while it is unknown. */
export function ProgressBar({
  fraction,
  label,
  isActive = true,
  size = "normal",
}: {
  fraction: number | null;
  label: string;
  isActive?: boolean;
  size?: "thin" | "normal";
}) {
  const percent = fraction === null ? null : Math.round(Math.min(1, Math.max(0, fraction)) * 1000) / 10;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === null ? {} : { "aria-valuenow": Math.round(percent), "aria-valuetext": `${Math.round(percent)} %` })}
      className={`w-full overflow-hidden rounded-full bg-line/70 ${size === "thin" ? "h-1" : "h-2"}`}
    >
      <div
        style={{ inlineSize: `${percent ?? 100}%` }}
        className={`h-full rounded-full transition-[inline-size] duration-200 ${isActive ? "bg-water" : "bg-line-strong"} ${percent === null ? "animate-breathe" : ""}`}
      />
    </div>
  );
}
