// Answers "why is this job not running?".
import type { Explanation } from "../../contract/job.ts";
import { instant } from "../../db/database.ts";
import { type ExplainRow, explainJob as readFacts } from "../../db/queries/explain-job.ts";
import { authorise, type Call } from "../context.ts";
import { notFound } from "../problem-error.ts";
import { jobUuid } from "./job-uuid.ts";
import { PUSH_KINDS } from "./push-kinds.ts";

type Reason = Explanation["waitingFor"][number];

export async function explainJob({ ctx, input }: Call<{ id: string }>): Promise<Explanation> {
  authorise(ctx, "read", "submit");
  const facts = await readFacts(ctx.db, { workspaceId: ctx.identity.workspaceId, id: jobUuid(input.id) });
  if (!facts) throw notFound("job", input.id);
  return { state: facts.state, waitingFor: facts.state === "scheduled" || facts.state === "queued" ? reasons(facts) : [] };
}

function reasons(facts: ExplainRow): Reason[] {
  const found: Reason[] = [];
  const { queue, running, concurrency, ahead } = facts;
  if (facts.state === "scheduled")
    found.push({ reason: "run_at", detail: `It starts at ${instant(facts.run_at)} at the earliest; promote it to start now.` });
  if (facts.paused) found.push({ reason: "queue_paused", detail: `Queue '${queue}' is paused; resume it to go on.` });
  if (concurrency !== null && running >= concurrency) {
    found.push({ reason: "concurrency", detail: `Queue '${queue}' runs ${running} of at most ${concurrency} jobs.` });
  }
  const servedByConsumers = facts.mode === "push" && PUSH_KINDS.includes(facts.kind);
  if (!servedByConsumers && facts.matching_runners === 0) found.push({ reason: "no_runner", detail: missingRunner(facts) });
  if (facts.state === "queued" && ahead > 0) {
    found.push({
      reason: "behind",
      detail: `${ahead >= 10_000 ? "10,000 or more" : ahead} ready job${ahead === 1 ? " is" : "s are"} ahead of it in queue '${queue}'.`,
    });
  }
  return found;
}

function missingRunner({ queue, kind, labels, runners }: ExplainRow): string {
  if (runners === 0)
    return `No runner that serves queue '${queue}' was heard of in the last minute. Start one with RUNNER_QUEUES=${queue}.`;
  const needs =
    labels && Object.keys(labels).length > 0
      ? ` with labels ${Object.entries(labels)
          .map(([name, value]) => `${name}=${value}`)
          .join(", ")}`
      : "";
  return `${runners} runner${runners === 1 ? " serves" : "s serve"} queue '${queue}', but none takes kind '${kind}'${needs}.`;
}
