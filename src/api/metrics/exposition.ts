// Counters, gauges and histograms in Prometheus' text format: as much as the API and the hub need, and nothing that a
// runtime without Node could not do.

export type Labels = Record<string, string>;

export type Series = { labels: Labels; value: number };

/** One metric in text: HELP, TYPE and its samples. */
export function exposition(metric: { name: string; help: string; type: "counter" | "gauge"; series: readonly Series[] }): string {
  const lines = metric.series.map(({ labels, value }) => `${metric.name}${labelText(labels)} ${value}`);
  return [`# HELP ${metric.name} ${metric.help}`, `# TYPE ${metric.name} ${metric.type}`, ...lines, ""].join("\n");
}

export type Counter = {
  add(labels: Labels, amount?: number): void;
  /** The series itself, for whoever adds to it often. */
  at(labels: Labels): { value: number };
  render(): string;
};

export function createCounter(name: string, help: string): Counter {
  const series = new Map<string, Series>();
  const at = (labels: Labels) => {
    const key = labelText(labels);
    const known = series.get(key) ?? { labels, value: 0 };
    series.set(key, known);
    return known;
  };
  return {
    at,
    add(labels, amount = 1) {
      at(labels).value += amount;
    },
    render: () => exposition({ name, help, type: "counter", series: [...series.values()] }),
  };
}

export type Histogram = {
  observe(labels: Labels, value: number): void;
  /** The series itself, for whoever observes often. */
  at(labels: Labels): { observe(value: number): void };
  render(): string;
};

/** A histogram with upper bounds `buckets`, ascending; +Inf is added. */
export function createHistogram(name: string, { help, buckets }: { help: string; buckets: readonly number[] }): Histogram {
  const series = new Map<string, ReturnType<typeof createDistribution>>();
  const at = (labels: Labels) => {
    const key = labelText(labels);
    const known = series.get(key) ?? createDistribution(labels, buckets);
    series.set(key, known);
    return known;
  };
  return {
    at,
    observe: (labels, value) => at(labels).observe(value),
    render() {
      const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
      for (const { labels, counts, sum, count } of series.values()) {
        let below = 0;
        for (const [index, bound] of buckets.entries()) {
          below += counts[index] ?? 0;
          lines.push(`${name}_bucket${labelText({ ...labels, le: String(bound) })} ${below}`);
        }
        lines.push(
          `${name}_bucket${labelText({ ...labels, le: "+Inf" })} ${count}`,
          `${name}_sum${labelText(labels)} ${sum}`,
          `${name}_count${labelText(labels)} ${count}`,
        );
      }
      return `${lines.join("\n")}\n`;
    },
  };
}

/** One series of a histogram; values above the last bound are in `count` alone. */
function createDistribution(labels: Labels, buckets: readonly number[]) {
  const distribution = {
    labels,
    counts: buckets.map(() => 0),
    sum: 0,
    count: 0,
    observe(value: number) {
      distribution.sum += value;
      distribution.count += 1;
      const index = buckets.findIndex((bound) => value <= bound);
      if (index >= 0) distribution.counts[index] = (distribution.counts[index] ?? 0) + 1;
    },
  };
  return distribution;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`,
  );
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}
