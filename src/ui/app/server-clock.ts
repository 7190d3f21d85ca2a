// The server's time as far as the browser can tell, so that "3 s ago" is right on a machine whose clock is not.

/** Date headers carry whole seconds, and answers take a while: a smaller difference says nothing. */
const TRUSTED_DIFFERENCE_MS = 3000;
let offsetMs = 0;

export function noteServerTime(dateHeader: string | null): void {
  const time = dateHeader ? Date.parse(dateHeader) : Number.NaN;
  if (Number.isNaN(time)) return;
  const difference = time - Date.now();
  offsetMs = Math.abs(difference) > TRUSTED_DIFFERENCE_MS ? difference : 0;
}

export const serverNow = (): number => Date.now() + offsetMs;
