// What the person at the terminal sees: what happens to the processes, and their warnings, but never a flood of them.
const WINDOW_MILLISECONDS = 10_000;
const MAX_WARNINGS = 10;

export type Terminal = {
  say(line: string): void;
  /** A child's warning: at most a few in ten seconds, the rest is counted. */
  warn(line: string): void;
};

export function createTerminal(logsDirectory: string): Terminal {
  let windowStartedAt = 0;
  let shown = 0;
  let hidden = 0;
  return {
    say: (line) => console.log(line),
    warn(line) {
      const now = Date.now();
      if (now - windowStartedAt > WINDOW_MILLISECONDS) {
        if (hidden > 0) console.warn(`  … and ${hidden} more, in ${logsDirectory}`);
        windowStartedAt = now;
        shown = 0;
        hidden = 0;
      }
      if (shown >= MAX_WARNINGS) hidden++;
      else {
        shown++;
        console.warn(`  ${line}`);
      }
    },
  };
}
