// The port that remembers when the next thing is due (a job to promote, a lease to rescue), so that the tick need not ask.

export interface DueTime {
  /** Something falls due in so many seconds: the next tick must not be later. */
  hint(seconds: number): void;
}
