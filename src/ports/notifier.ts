// The port that says "queue X has work". A hint: whoever is woken reads the rows, and a lost hint costs one sweep.

/** `runners`: the work is none that queue consumers do, so that a notifier which pays for waking them need not. */
export type NotifyOptions = { only?: "runners" | undefined };

export interface Notifier {
  /** Wakes everyone who listens to one of these queues. Never throws for a lost hint. */
  notify(workspaceId: number, queues: readonly string[], options?: NotifyOptions): void;
  /** Calls `listener` with the queue's name at each notify of one of `queues` ("*": any workspace, any queue). Returns the function that ends it. */
  listen(workspaceId: number | "*", queues: readonly string[] | "*", listener: (queue: string) => void): () => void;
}
