// Counters, gauges and histograms in Prometheus' text format: as much as the API and the hub need, and nothing that a
// runtime without Node could not do.

export type Labels = Record<string, string>;

export type Series = { labels: Labels; value: number };

/** One metric in text: HELP, TYPE and its samples. */
export function exposition(metric: { name: string; help: string; type: "counter" | "gauge"; series: readonly Series[] }): string {
  const lines = metric.series.map(({ labels, value }) => `${metric.name}${labelText(labels)} ${value}`);
  return [`# HELP ${metric.name} ${metric.help}`, `# TYPE ${metric.name} ${metric.type}`, ...lines, ""].join("\n");
}

export type Counter = { add(labels: Labels, amount?: number): void; render(): string };

export function createCounter(name: string, help: string): Counter {
  const series = new Map<string, Series>();
  return {
    add(labels, amount = 1) {
      const key = labelText(labels);
      const known = series.get(key);
      if (known) known.value += amount;
      else series.set(key, { labels, value: amount });
    },
    render: () => exposition({ name, help, type: "counter", series: [...series.values()] }),
  };
}

export type Histogram = { observe(labels: Labels, value: number): void; render(): string };

/** A histogram with upper bounds `buckets`, ascending; +Inf is added. */
export function createHistogram(name: string, { help, buckets }: { help: string; buckets: readonly number[] }): Histogram {
  const series = new Map<string, { labels: Labels; counts: number[]; sum: number; count: number }>();
  return {
    observe(labels, value) {
      const key = labelText(labels);
      let known = series.get(key);
      if (!known) {
        known = { labels, counts: buckets.map(() => 0), sum: 0, count: 0 };
        series.set(key, known);
      }
      known.sum += value;
      known.count += 1;
      for (const [index, bound] of buckets.entries()) if (value <= bound) known.counts[index] = (known.counts[index] ?? 0) + 1;
    },
    render() {
      const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
      for (const { labels, counts, sum, count } of series.values()) {
        for (const [index, bound] of buckets.entries())
          lines.push(`${name}_bucket${labelText({ ...labels, le: String(bound) })} ${counts[index]}`);
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

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`,
  );
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}
