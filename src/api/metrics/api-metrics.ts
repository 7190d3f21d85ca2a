// What the API says of itself and of the queues at /metrics.
import type { JobCount } from "../../core/health/health.ts";
import { createCounter, createHistogram, exposition } from "./exposition.ts";

const LATENCY_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export type ApiMetrics = {
  observeRequest(request: { method: string; route: string; status: number; seconds: number }): void;
  render(counts: readonly JobCount[]): string;
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
    render(counts) {
      const series = counts.map(({ workspace, queue, state, jobs }) => ({ labels: { workspace, queue, state }, value: jobs }));
      return (
        requests.render() +
        latency.render() +
        exposition({ name: "millrace_jobs", help: "Jobs stored, by queue and state.", type: "gauge", series })
      );
    },
  };
}
