// Speaks to screen readers: one polite live region for the whole page.
import { useSyncExternalStore } from "react";

let message = "";
const listeners = new Set<() => void>();

/** Says `text` once what is being read now is over. */
export function announce(text: string): void {
  // Saying the same again needs a change for the region to be read again.
  message = text === message ? `${text}\u00a0` : text;
  for (const listener of listeners) listener();
}

export function Announcer() {
  const text = useSyncExternalStore(subscribe, () => message);
  return (
    <p aria-live="polite" className="sr-only">
      {text}
    </p>
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
