// Grey shapes where content is about to be.

export function SkeletonRows({ count, label, height = "h-14" }: { count: number; label: string; height?: string }) {
  return (
    <div role="status" aria-busy="true" className="grid gap-2 p-3">
      <span className="sr-only">{label}</span>
      {Array.from({ length: count }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike.
        <div key={index} className={`skeleton ${height}`} />
      ))}
    </div>
  );
}
