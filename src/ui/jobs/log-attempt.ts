// Which attempt wrote a log line: every attempt numbers its lines in a range of its own.

const LINES_PER_ATTEMPT = 1_000_000_000;

/** 1 for the first attempt. */
export const attemptOfLine = (seq: number): number => Math.floor((seq - 1) / LINES_PER_ATTEMPT) + 1;
