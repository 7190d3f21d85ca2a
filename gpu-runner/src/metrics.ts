// The runner's own figures, few and of low cardinality, and the small server that Prometheus scrapes them from.
import { createServer, type Server } from "node:http";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "@prometheus-io/client";
import { PHASES } from "./board.ts";

export interface Metrics {
  jobEnded(kind: string, outcome: string): void;
  jobRan(kind: string, seconds: number): void;
  gap(seconds: number): void;
  executorRestarted(executor: string): void;
  heartbeatFailed(): void;
  leaseLost(): void;
  text(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsSources {
  spoolSize: () => number;
  leases: (phase: (typeof PHASES)[number]) => number;
}

export function createMetrics({ spoolSize, leases }: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const jobs = new Counter({
    name: "gpu_runner_jobs_total",
    help: "Attempts settled, by kind and outcome.",
    labelNames: ["kind", "outcome"],
    registers,
  });
  const runSeconds = new Histogram({
    name: "gpu_runner_job_run_seconds",
    help: "How long attempts ran in their executor.",
    labelNames: ["kind"],
    buckets: [0.01, 0.1, 1, 10, 60, 600, 3600, 21_600],
    registers,
  });
  const gaps = new Histogram({
    name: "gpu_runner_job_gap_seconds",
    help: "Time a slot stood idle between two jobs although the second one was already due.",
    buckets: [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const restarts = new Counter({
    name: "gpu_runner_executor_restarts_total",
    help: "Executor processes started in place of one that died.",
    labelNames: ["executor"],
    registers,
  });
  const heartbeatFailures = new Counter({ name: "gpu_runner_heartbeat_failures_total", help: "Heartbeats without an answer.", registers });
  const lost = new Counter({ name: "gpu_runner_leases_lost_total", help: "Attempts stopped because their lease was lost.", registers });
  new Gauge({
    name: "gpu_runner_spool_size",
    help: "Results on disk that the API has not acknowledged.",
    registers,
    collect() {
      this.set(spoolSize());
    },
  });
  new Gauge({
    name: "gpu_runner_leases",
    help: "Leases held, by phase.",
    labelNames: ["phase"],
    registers,
    collect() {
      for (const phase of PHASES) this.set({ phase }, leases(phase));
    },
  });

  return {
    jobEnded: (kind, outcome) => jobs.inc({ kind, outcome }),
    jobRan: (kind, seconds) => runSeconds.observe({ kind }, seconds),
    gap: (seconds) => gaps.observe(seconds),
    executorRestarted: (executor) => restarts.inc({ executor }),
    heartbeatFailed: () => heartbeatFailures.inc(),
    leaseLost: () => lost.inc(),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

export interface MetricsServerOptions {
  port: number;
  host: string;
  metrics: Metrics;
  health: () => Record<string, unknown>;
}

/** Resolves with the port once it listens. */
export function serveMetrics({ port, host, metrics, health }: MetricsServerOptions): Promise<{ server: Server; port: number }> {
  const server = createServer(async (request, response) => {
    const path = request.url?.split("?")[0];
    if (path === "/metrics") {
      response.writeHead(200, { "content-type": metrics.contentType }).end(await metrics.text());
    } else if (path === "/health") {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(health()));
    } else {
      response.writeHead(404, { "content-type": "text/plain" }).end("Try /metrics or /health.\n");
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve({ server, port: typeof address === "object" && address ? address.port : port });
    });
  });
}
