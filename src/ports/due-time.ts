// The port that remembers when the next thing is due (a job to promote, a lease to rescue), so that the tick need not ask.

export interface DueTime {
  /** Something falls due in so many seconds: the next tick must not be later. */
  hint(seconds: number): void;
}

/** What a tick has to do, if anything. */
export type TickClaim = {
  /** Look at what is due: something is, or nobody has looked for an hour. */
  sweep: boolean;
  /** The slow chores: now and then while there is work, and once a day else. */
  housekeep: boolean;
  /** The sweep is over; the next thing is due in so many seconds, or nothing is in sight. */
  done(nextInSeconds: number | null): Promise<void>;
};

/** A due time that outlives processes, for hosts where nothing stays: reading it costs no statement. */
export interface SharedDueTime extends DueTime {
  /** At `now` (milliseconds): takes what is to be done. Where the claimer dies, the next tick a minute later takes it again. */
  claim(now: number): Promise<TickClaim>;
}
