// Health and metrics: open to whoever reaches them, for load balancers and Prometheus.
import { z } from "zod";
import { NOBODY } from "../../../core/engine.ts";
import { ProblemError } from "../../../core/problem-error.ts";
import type { Exchange } from "../../exchange.ts";
import type { ApiMetrics, StoredMetrics } from "../../metrics/api-metrics.ts";
import { operation } from "../../operation.ts";

const Ok = z.object({ status: z.literal("ok") }).meta({ id: "HealthOk" });
const Ready = z
  .object({
    status: z.enum(["ok", "unavailable"]),
    checks: z.record(z.string(), z.string()).meta({ description: "Each part: `ok`, or what is wrong with it." }),
  })
  .meta({ id: "Ready", example: { status: "ok", checks: { database: "ok", blobs: "ok" } } });

const alive = (path: string, summary: string) =>
  operation({
    method: "get",
    path,
    tag: "Health",
    summary,
    authenticated: false,
    responses: { 200: { description: "The process answers.", schema: Ok } },
    handle: async ({ c }) => c.json({ status: "ok" }, 200, { "cache-control": "no-store" }),
  });

const ready = (path: string) =>
  operation({
    method: "get",
    path,
    tag: "Health",
    summary: "Can this deployment do its work?",
    authenticated: false,
    responses: {
      200: { description: "Every part is there.", schema: Ready },
      503: { description: "Names the part that is not.", schema: Ready },
    },
    async handle({ c, services }) {
      const probes = { database: () => checkDatabase(services), blobs: () => services.blobs.check(), ...services.probes };
      const checks = Object.fromEntries(
        await Promise.all(Object.entries(probes).map(async ([part, check]) => [part, await probe(check)] as const)),
      );
      const isReady = Object.values(checks).every((check) => check === "ok");
      return c.json({ status: isReady ? "ok" : "unavailable", checks }, isReady ? 200 : 503, {
        "cache-control": "no-store",
        ...(isReady ? {} : { "retry-after": "1" }),
      });
    },
  });

async function checkDatabase({ engine }: Exchange["services"]): Promise<void> {
  const trouble = await engine.checkDatabase(NOBODY, {});
  if (trouble !== null) throw new Error(trouble);
}

async function probe(check: () => Promise<void>): Promise<string> {
  return check().then(
    () => "ok",
    (error: unknown) => (error instanceof Error ? error.message : "away"),
  );
}

export const healthOperations = [
  alive("/health", "Is the process alive?"),
  alive("/health/live", "Is the process alive?"),
  ready("/health/ready"),
  ready("/api/health/readyz"),
];

/** Null while the database is away: what the process itself counted is told all the same. */
async function readStored(engine: Exchange["services"]["engine"]): Promise<StoredMetrics | null> {
  try {
    const [counts, gauges] = await Promise.all([engine.readJobCounts(NOBODY, {}), engine.readGauges(NOBODY, {})]);
    return { counts, gauges };
  } catch (error) {
    if (error instanceof ProblemError && error.code === "unavailable") return null;
    throw error;
  }
}

export function metricsOperation(metrics: ApiMetrics) {
  return operation({
    method: "get",
    path: "/metrics",
    tag: "Health",
    summary: "Prometheus metrics",
    authenticated: false,
    responses: { 200: { description: "Text exposition format; its cost does not grow with the number of jobs.", type: "text/plain" } },
    async handle({ c, services }) {
      const [live, stored] = await Promise.all([services.live.metrics(), readStored(services.engine)]);
      return c.text(metrics.render(stored) + live, 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    },
  });
}
