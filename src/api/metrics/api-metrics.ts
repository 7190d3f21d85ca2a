// What the API says of itself and of the queues at /metrics.
import type { EngineGauges, JobCount } from "../../core/health/health.ts";
import { createCounter, createHistogram, exposition, type Series } from "./exposition.ts";

export type StoredMetrics = { counts: readonly JobCount[]; gauges: EngineGauges };
type QueueGauges = EngineGauges["queues"][number];

const LATENCY_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export type ApiMetrics = {
  observeRequest(request: { method: string; route: string; status: number; seconds: number }): void;
  /** Without what is stored while the database is away. */
  render(stored: StoredMetrics | null): string;
};

export function createApiMetrics(): ApiMetrics {
  const requests = createCounter("http_requests_total", "HTTP requests by method, route and status.");
  const latency = createHistogram("http_request_duration_seconds", {
    help: "Time to the answer's headers, by method and route.",
    buckets: LATENCY_BUCKETS_SECONDS,
  });
  return {
    observeRequest({ method, route, status, seconds }) {
      requests.add({ method, route, status: String(status) });
      latency.observe({ method, route }, seconds);
    },
    render: (stored) =>
      requests.render() +
      latency.render() +
      gauge("millrace_database_up", "1 while the database answers.", [{ labels: {}, value: stored ? 1 : 0 }]) +
      (stored ? renderCounts(stored.counts) + renderGauges(stored.gauges) : ""),
  };
}

function renderCounts(counts: readonly JobCount[]): string {
  const series = counts.map(({ workspace, queue, state, jobs }) => ({ labels: { workspace, queue, state }, value: jobs }));
  return gauge("millrace_jobs", "Jobs stored, by queue and state.", series);
}

/** The same in every process, for it is read from the database: aggregate with max, not with sum. */
function renderGauges({ lagSeconds, queues }: EngineGauges): string {
  const labels = ({ workspace, queue }: QueueGauges) => ({ workspace, queue });
  const pulled = queues.filter(({ mode }) => mode === "pull");
  return (
    gauge(
      "millrace_queue_oldest_seconds",
      "How long the longest waiting ready job waits; 0 where none does.",
      queues.map((queue) => ({ labels: labels(queue), value: queue.oldestSeconds ?? 0 })),
    ) +
    gauge(
      "millrace_queue_paused",
      "1 for a paused queue.",
      queues.map((queue) => ({ labels: labels(queue), value: queue.paused ? 1 : 0 })),
    ) +
    gauge(
      "millrace_queue_runners",
      "Runners that serve a pull queue, are online and take work.",
      pulled.map((queue) => ({ labels: labels(queue), value: queue.runners })),
    ) +
    gauge("millrace_scheduler_lag_seconds", "How long what is most overdue has waited for a sweep.", [{ labels: {}, value: lagSeconds }])
  );
}

function gauge(name: string, help: string, series: readonly Series[]): string {
  return exposition({ name, help, type: "gauge", series });
}
