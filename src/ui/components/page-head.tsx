// A page's heading: names the page in the window's title too.
import { type ReactNode, useEffect } from "react";

export function PageHead({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Millrace`;
  }, [title]);
  return (
    <div className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        <h1 className="text-3xl tracking-tight">{title}</h1>
        {lead && <p className="mt-1.5 max-w-[65ch] text-muted">{lead}</p>}
      </div>
      {children}
    </div>
  );
}
