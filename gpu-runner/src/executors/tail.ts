// Remembers the last lines of a stream, for the error of a job that crashed.

export interface Tail {
  add(line: string): void;
  lines(): string[];
}

export function createTail({ lines: most = 20, characters = 500 } = {}): Tail {
  const kept: string[] = [];
  return {
    add(line) {
      kept.push(line.slice(0, characters).toWellFormed());
      if (kept.length > most) kept.shift();
    },
    lines: () => [...kept],
  };
}
