// JSON to read: a tree that folds with the browser's own <details>, so mouse and keyboard both open it.
import { useState } from "react";
import { CopyButton } from "./copy-button.tsx";

const FIRST_ITEMS = 100;
const OPEN_DEPTH = 2;

export function JsonView({ value, label }: { value: unknown; label: string }) {
  return (
    <div className="relative">
      <div className="absolute end-0 top-0">
        <CopyButton text={() => JSON.stringify(value, null, 2) ?? ""} label={`Copy ${label}`} />
      </div>
      <div className="min-h-7 overflow-x-auto pe-8 font-mono text-sm leading-6">
        <Value value={value} depth={0} />
      </div>
    </div>
  );
}

function Value({ value, depth }: { value: unknown; depth: number }) {
  if (typeof value === "string") return <Text value={value} />;
  if (value === null || typeof value !== "object") return <span className="text-scheduled">{String(value)}</span>;
  const entries: [string, unknown][] = Array.isArray(value) ? value.map((item, index) => [String(index), item]) : Object.entries(value);
  if (entries.length === 0) return <span className="text-muted">{Array.isArray(value) ? "[ ]" : "{ }"}</span>;
  return <Branch entries={entries} isArray={Array.isArray(value)} depth={depth} />;
}

function Branch({ entries, isArray, depth }: { entries: [string, unknown][]; isArray: boolean; depth: number }) {
  const [shown, setShown] = useState(FIRST_ITEMS);
  const more = Math.min(entries.length - shown, FIRST_ITEMS * 10);
  return (
    <ul className={depth === 0 ? "grid gap-y-0.5" : "grid gap-y-0.5 border-s border-line ps-4"}>
      {entries.slice(0, shown).map(([key, item]) => (
        <li key={key}>
          <Entry name={key} item={item} depth={depth} />
        </li>
      ))}
      {more > 0 && (
        <li>
          <button type="button" onClick={() => setShown(shown + more)} className="link">
            Show {more} more of {entries.length} {isArray ? "items" : "fields"}
          </button>
        </li>
      )}
    </ul>
  );
}

function Entry({ name, item, depth }: { name: string; item: unknown; depth: number }) {
  const size = item !== null && typeof item === "object" ? Object.keys(item).length : 0;
  if (size === 0) {
    return (
      <div className="flex flex-wrap gap-x-2">
        <bdi className="shrink-0 text-muted">{name}:</bdi>
        <Value value={item} depth={depth + 1} />
      </div>
    );
  }
  return (
    <details open={depth + 1 < OPEN_DEPTH}>
      <summary className="w-fit rounded text-muted marker:text-line-strong hover:text-ink">
        <bdi>{name}</bdi> <span className="text-xs">{Array.isArray(item) ? `[${size}]` : `{${size}}`}</span>
      </summary>
      <div className="ms-1.5">
        <Value value={item} depth={depth + 1} />
      </div>
    </details>
  );
}

function Text({ value }: { value: string }) {
  return (
    <span dir="auto" className="min-w-0 break-words whitespace-pre-wrap text-completed">
      {value === "" ? "\u201c\u201d" : value}
    </span>
  );
}
