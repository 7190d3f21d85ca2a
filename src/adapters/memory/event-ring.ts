// The newest events, oldest first, bounded in number and in bytes.
import type { Event } from "../../contract/event.ts";

export type RingEntry = { workspaceId: number; event: Event };
type SizedEntry = RingEntry & { bytes: number };

export class EventRing {
  readonly #capacity: number;
  readonly #capacityBytes: number;
  readonly #slots: (SizedEntry | undefined)[];
  #start = 0;
  #count = 0;
  #bytes = 0;

  constructor(capacity: number, capacityBytes: number) {
    this.#capacity = capacity;
    this.#capacityBytes = capacityBytes;
    this.#slots = new Array(capacity);
  }

  push(entry: RingEntry): void {
    const bytes = 200 + roughBytes(entry.event.data, 4);
    while (this.#count > 0 && (this.#count >= this.#capacity || this.#bytes + bytes > this.#capacityBytes)) this.#dropOldest();
    this.#slots[(this.#start + this.#count) % this.#capacity] = { ...entry, bytes };
    this.#count++;
    this.#bytes += bytes;
  }

  /** Everything that is held and newer than `id`; nothing for what is not an event id. */
  after(id: string): RingEntry[] {
    if (!EVENT_ID.test(id)) return [];
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareEventIds(this.#at(middle).event.id, id) <= 0) low = middle + 1;
      else high = middle;
    }
    return Array.from({ length: this.#count - low }, (_, index) => this.#at(low + index));
  }

  #at(index: number): SizedEntry {
    return this.#slots[(this.#start + index) % this.#capacity] as SizedEntry;
  }

  #dropOldest(): void {
    this.#bytes -= this.#at(0).bytes;
    this.#slots[this.#start] = undefined;
    this.#start = (this.#start + 1) % this.#capacity;
    this.#count--;
  }
}

const EVENT_ID = /^\d{1,15}-\d{1,15}$/;

/** Below, at or above zero as `a` is older than, the same as or newer than `b`. */
export function compareEventIds(a: string, b: string): number {
  const [aTime, aNumber] = a.split("-").map(Number) as [number, number];
  const [bTime, bNumber] = b.split("-").map(Number) as [number, number];
  return aTime - bTime || aNumber - bNumber;
}

/** What the strings in `value` take, without the cost of serialising it. */
function roughBytes(value: unknown, depth: number): number {
  if (typeof value === "string") return value.length * 2;
  if (value === null || typeof value !== "object" || depth === 0) return 8;
  let bytes = 16;
  for (const item of Object.values(value)) bytes += roughBytes(item, depth - 1);
  return bytes;
}
