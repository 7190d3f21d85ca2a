// The link that the first start prints carries the admin key behind `#key=`: take it once and wipe it from the address.

/** The key in the fragment, if any; afterwards neither the address bar nor the history shows it. */
export function takeKeyFromFragment(): string | null {
  const key = new URLSearchParams(window.location.hash.slice(1)).get("key");
  if (key === null) return null;
  window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  return key.startsWith("mr_") ? key : null;
}
