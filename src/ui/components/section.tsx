// A titled panel of a page.
import { type ReactNode, useId } from "react";

export function Section({
  title,
  aside,
  children,
  className = "",
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={`panel min-w-0 ${className}`}>
      <div className="flex min-h-12 flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 pt-2.5">
        <h2 id={id} className="text-base">
          {title}
        </h2>
        {aside}
      </div>
      <div className="px-4 pt-1.5 pb-4">{children}</div>
    </section>
  );
}
