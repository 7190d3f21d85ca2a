// A part of the page that scrolls by itself: named, and reachable from the keyboard, so that arrow keys scroll it.
import type { ReactNode, Ref, UIEventHandler } from "react";

interface ScrollRegionProps {
  label: string;
  children: ReactNode;
  className?: string;
  ref?: Ref<HTMLElement>;
  onScroll?: UIEventHandler;
}

export function ScrollRegion({ label, children, className = "", ref, onScroll }: ScrollRegionProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without a tab stop the keyboard could not scroll it.
    <section ref={ref} aria-label={label} tabIndex={0} onScroll={onScroll} className={`overflow-auto ${className}`}>
      {children}
    </section>
  );
}
