// The present, for texts such as "12 s ago": one timer a pace, shared by all who show time.
import { useSyncExternalStore } from "react";
import { serverNow } from "../app/server-clock.ts";

interface Ticker {
  now: number;
  listeners: Set<() => void>;
  timer: ReturnType<typeof setInterval> | undefined;
  subscribe: (listener: () => void) => () => void;
}

const tickers = new Map<number, Ticker>();

/** The server's time in ms, anew every `paceMs`. */
export function useNow(paceMs: number): number {
  const ticker = tickers.get(paceMs) ?? createTicker(paceMs);
  return useSyncExternalStore(ticker.subscribe, () => ticker.now);
}

function createTicker(paceMs: number): Ticker {
  const ticker: Ticker = {
    now: serverNow(),
    listeners: new Set(),
    timer: undefined,
    subscribe: (listener) => {
      ticker.listeners.add(listener);
      ticker.timer ??= setInterval(tick, paceMs);
      if (serverNow() - ticker.now > paceMs) queueMicrotask(tick);
      return () => {
        ticker.listeners.delete(listener);
        if (ticker.listeners.size > 0) return;
        clearInterval(ticker.timer);
        ticker.timer = undefined;
      };
    },
  };
  const tick = () => {
    ticker.now = serverNow();
    for (const listener of ticker.listeners) listener();
  };
  tickers.set(paceMs, ticker);
  return ticker;
}
