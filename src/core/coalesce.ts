// Joins concurrent calls into batches without waiting: a call that finds a free slot runs at once; those that come
// while every slot is busy form the next batch. So an idle server adds no latency and a busy one saves statements.

type Pending<Item, Result> = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void };

export type CoalesceOptions<Item, Result> = {
  /** Runs one batch and returns a result for each item, in order. */
  run: (items: Item[]) => Promise<Result[]>;
  maxBatch: number;
  /** Batches that may run at the same time. */
  slots: number;
  /** Whether, after a batch of several failed with this error, its items are worth running one by one. */
  isolates: (error: unknown) => boolean;
};

export function coalesce<Item, Result>({ run, maxBatch, slots, isolates }: CoalesceOptions<Item, Result>): (item: Item) => Promise<Result> {
  let waiting: Pending<Item, Result>[] = [];
  let busy = 0;

  async function settle(batch: Pending<Item, Result>[]): Promise<void> {
    try {
      const results = await run(batch.map((pending) => pending.item));
      for (const [index, pending] of batch.entries()) pending.resolve(results[index] as Result);
    } catch (error) {
      if (batch.length > 1 && isolates(error)) for (const pending of batch) await settle([pending]);
      else for (const pending of batch) pending.reject(error);
    }
  }

  async function drain(): Promise<void> {
    busy += 1;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      await settle(batch);
    }
    busy -= 1;
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (busy < slots) void drain();
    });
}
