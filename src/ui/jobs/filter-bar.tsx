// The filters beside the state: free text, queue, kind and tag. Typing waits a moment before it asks the server.
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useId, useState } from "react";
import { Icon } from "../components/icons.tsx";
import { useQueues } from "../queues/use-queues.ts";
import { hasFilters, type JobFilters, readJobFilters } from "./job-filters.ts";

const TYPING_PAUSE_MS = 300;

export function FilterBar({ filters }: { filters: JobFilters }) {
  const navigate = useNavigate();
  const queues = useQueues();
  const id = useId();
  const narrowing = [filters.queue, filters.kind, filters.tag].filter(Boolean).length;
  const [isOpen, setIsOpen] = useState(narrowing > 0);
  const change = (changed: Record<string, string>) =>
    navigate({ to: "/jobs", search: readJobFilters({ ...filters, ...changed }), replace: true, resetScroll: false });
  const queueNames = queues.data?.map((queue) => queue.name) ?? [];
  if (filters.queue && !queueNames.includes(filters.queue)) queueNames.push(filters.queue);

  return (
    <search className="mb-4 grid grid-cols-[minmax(0,1fr)_auto] gap-2 rail:grid-cols-[minmax(0,2fr)_repeat(3,minmax(0,1fr))_auto]">
      <div className="relative">
        <Icon name="search" className="pointer-events-none absolute start-2.5 top-2.5 text-muted" />
        <TypedFilter
          label="Search jobs"
          placeholder="Search id, kind, key, tag, payload"
          value={filters.q}
          onChange={(q) => change({ q })}
          className="ps-8.5"
        />
      </div>
      <button type="button" onClick={() => setIsOpen(!isOpen)} aria-expanded={isOpen} aria-controls={id} className="button rail:hidden">
        <Icon name="filter" />
        Filters{narrowing > 0 && ` (${narrowing})`}
      </button>
      <div id={id} className={`col-span-2 grid-cols-1 gap-2 sm:grid-cols-3 rail:contents ${isOpen ? "grid" : "hidden"}`}>
        <select
          aria-label="Queue"
          value={filters.queue ?? ""}
          onChange={(event) => change({ queue: event.target.value })}
          className="input"
        >
          <option value="">Every queue</option>
          {queueNames.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <TypedFilter label="Kind" placeholder="Kind" value={filters.kind} onChange={(kind) => change({ kind })} />
        <TypedFilter label="Tag" placeholder="Tag" value={filters.tag} onChange={(tag) => change({ tag })} />
      </div>
      {hasFilters(filters) && (
        <button
          type="button"
          onClick={() => navigate({ to: "/jobs", search: {} })}
          className="button button-quiet max-rail:col-span-2 max-rail:justify-self-start"
        >
          <Icon name="close" />
          Clear
        </button>
      )}
    </search>
  );
}

interface TypedFilterProps {
  label: string;
  placeholder: string;
  value: string | undefined;
  onChange: (value: string) => void;
  className?: string;
}

function TypedFilter({ label, placeholder, value = "", onChange, className = "" }: TypedFilterProps) {
  const [draft, setDraft] = useState(value);
  const [applied, setApplied] = useState(value);
  // The address changed by other means, such as "Clear" or the Back button.
  if (value !== applied) {
    setApplied(value);
    if (value !== draft.trim()) setDraft(value);
  }
  useEffect(() => {
    if (draft.trim() === applied) return;
    const timer = setTimeout(() => onChange(draft), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft, applied, onChange]);
  return (
    <input
      type="search"
      dir="auto"
      aria-label={label}
      placeholder={placeholder}
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      className={`input ${className}`}
    />
  );
}
