// The icon set: 16-pixel line drawings that take the text's colour and say nothing to screen readers.
import type { ReactNode } from "react";

const PATHS = {
  jobs: <path d="M2.5 4h11M2.5 8h11M2.5 12h7" />,
  queues: <path d="M2 5.5c1.5-1.3 3-1.3 4.5 0s3 1.3 4.5 0 2-1.1 3-.7M2 10.5c1.5-1.3 3-1.3 4.5 0s3 1.3 4.5 0 2-1.1 3-.7" />,
  runners: <path d="M3 3.5h10v4H3zM3 8.5h10v4H3zM5.5 5.5h.01M5.5 10.5h.01M9 5.5h2M9 10.5h2" />,
  train: <path d="M2.5 2.5v11h11M5 10.5c1-4.5 3-6.3 8-6.8" />,
  generate: <path d="M3 12.8 11.4 4.4M10 3l3 3-8.3 8.3-3.2.2.2-3.2zM12.5 11v3M11 12.5h3" />,
  scheduled: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.8V8l2.2 1.6" />,
  queued: <path d="M3 4.5h10M3 8h10M3 11.5h10" />,
  running: <path d="M8 2a6 6 0 1 1-5.6 3.9" />,
  completed: <path d="m3 8.6 3.2 3.2L13 4.6" />,
  failed: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.9v3.6M8 11h.01" />,
  cancelled: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM4 12l8-8" />,
  blocked: <path d="M4.5 7V5.5a3.5 3.5 0 0 1 7 0V7M3.5 7h9v6.5h-9z" />,
  search: <path d="M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM14 14l-3.4-3.4" />,
  copy: <path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />,
  check: <path d="m3 8.6 3.2 3.2L13 4.6" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  chevron: <path d="m6 3.5 4.5 4.5L6 12.5" />,
  download: <path d="M8 2.5v8M4.8 7.6 8 10.8l3.2-3.2M2.5 13.5h11" />,
  upload: <path d="M8 11V3M4.8 5.9 8 2.7l3.2 3.2M2.5 13.5h11" />,
  file: <path d="M4 2h5l3.5 3.5V14H4zM9 2v3.5h3.5" />,
  retry: <path d="M13 8a5 5 0 1 1-1.5-3.6L13 6M13 2.5V6H9.5" />,
  stop: <path d="M4 4h8v8H4z" />,
  play: <path d="M5 3.2v9.6L13 8z" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  settings: (
    <path d="M2.5 4.5h6M12 4.5h1.5M2.5 11.5H4M7.5 11.5h6M10.2 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM5.8 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z" />
  ),
  arrowDown: <path d="M8 3v10M4 9l4 4 4-4" />,
  sun: (
    <path d="M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9" />
  ),
  moon: <path d="M13.3 9.6A5.8 5.8 0 1 1 6.4 2.7a4.6 4.6 0 0 0 6.9 6.9Z" />,
  auto: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12M8 5l4.6 4.6M8 9l3.2 3.2" />,
  user: <path d="M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8ZM2.8 13.8c.6-2.3 2.6-3.6 5.2-3.6s4.6 1.3 5.2 3.6" />,
  edit: <path d="M3 13l.4-2.8L11 2.6 13.4 5l-7.6 7.6zM9.6 4l2.4 2.4" />,
  wrap: <path d="M2.5 4h11M2.5 8h8.2a2.2 2.2 0 1 1 0 4.4H8M9.7 10.7 8 12.4l1.7 1.7M2.5 12.4H5" />,
  drain: <path d="M8 2.5c2.4 2.9 3.6 4.9 3.6 6.6a3.6 3.6 0 0 1-7.2 0C4.4 7.4 5.6 5.4 8 2.5Z" />,
  filter: <path d="M2.5 4h11M4.5 8h7M6.5 12h3" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className = "" }: { name: IconName; className?: string }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`size-4 shrink-0 ${className}`}
    >
      {PATHS[name]}
    </svg>
  );
}

/** The mill wheel over its race. */
export function Wheel({ className = "" }: { className?: string }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 32 32" fill="none" stroke="currentColor" strokeLinecap="round" className={className}>
      <g strokeWidth="1.8">
        <circle cx="16" cy="13" r="6.2" strokeWidth="2.4" />
        <path d="M16 3.6v18.8M6.6 13h18.8M9.4 6.4l13.2 13.2M22.6 6.4 9.4 19.6" />
      </g>
      <path d="M3.5 27c2.9-2.4 5.8-2.4 8.6 0s5.8 2.4 8.6 0c2.6-2 5.2-2.4 7.8-.9" strokeWidth="2.2" className="stroke-foam" />
    </svg>
  );
}
