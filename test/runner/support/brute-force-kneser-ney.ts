// Interpolated modified Kneser–Ney written straight from its definition, with strings and sets, slow and plain: the
// oracle that the real model is compared with. It shares no code with it.

export interface Oracle {
  words: number[];
  /** p(word | history); −1 is the unknown word. */
  probability(history: readonly number[], word: number): number;
}

/** @param segments runs of text without a connection between them. */
export function bruteForce(segments: readonly (readonly number[])[], order: number, minCount = 1): Oracle {
  const raw = new Map<string, number>();
  const leftNeighbours = new Map<string, Set<number>>();
  for (const segment of segments) {
    for (let end = 1; end <= segment.length; end += 1) {
      for (let length = 1; length <= order && length <= end; length += 1) {
        const gram = segment.slice(end - length, end);
        raw.set(gram.join(" "), (raw.get(gram.join(" ")) ?? 0) + 1);
        if (length > 1) {
          const suffix = gram.slice(1).join(" ");
          if (!leftNeighbours.has(suffix)) leftNeighbours.set(suffix, new Set());
          leftNeighbours.get(suffix)?.add(gram[0] as number);
        }
      }
    }
  }
  const length = (gram: string) => gram.split(" ").length;
  const adjusted = (gram: string) => (length(gram) === order ? (raw.get(gram) ?? 0) : (leftNeighbours.get(gram)?.size ?? 0));
  const isKept = (gram: string) => (raw.get(gram) ?? 0) >= minCount;
  const words = [...new Set(segments.flat())].filter((word) => isKept(String(word)));

  const discounts = Array.from({ length: order }, (_, index) => {
    const counts = [...raw.keys()].filter((gram) => length(gram) === index + 1).map(adjusted);
    const n = (value: number) => counts.filter((count) => count === value).length;
    const [n1, n2, n3, n4] = [n(1), n(2), n(3), n(4)] as [number, number, number, number];
    const y = n1 / (n1 + 2 * n2);
    const all = [1 - (2 * y * n2) / n1, 2 - (3 * y * n3) / n2, 3 - (4 * y * n4) / n3];
    const isUsable = n1 > 0 && n2 > 0 && n3 > 0 && all.every((one, at) => one > 0 && one <= at + 1);
    return isUsable ? all : [0.5, 1, 1.5];
  });
  const discount = (gram: string) => {
    const count = adjusted(gram);
    return count === 0 ? 0 : ((discounts[length(gram) - 1] as number[])[Math.min(count, 3) - 1] as number);
  };

  function probability(history: readonly number[], word: number): number {
    const recent = history.slice(Math.max(0, history.length - order + 1));
    const shorter = recent.length === 0 ? 1 / (words.length + 1) : probability(recent.slice(1), word);
    // A history with an unknown or dropped word in it, or never followed by anything, says nothing.
    if (recent.length > 0 && !isKept(recent.join(" "))) return shorter;
    const children = [...raw.keys()].filter(
      (gram) => length(gram) === recent.length + 1 && gram.split(" ").slice(0, -1).join(" ") === recent.join(" "),
    );
    const total = children.reduce((sum, gram) => sum + adjusted(gram), 0);
    if (total === 0) return shorter;
    const kept = children.filter(isKept);
    const own = (gram: string) => (adjusted(gram) - discount(gram)) / total;
    const gamma = 1 - kept.reduce((sum, gram) => sum + own(gram), 0);
    const gram = [...recent, word].join(" ");
    return (kept.includes(gram) ? own(gram) : 0) + gamma * shorter;
  }
  return { words, probability };
}
