// A runner that waits for work at one process, surely waiting before the test goes on.
import type { MillraceProcess } from "./millrace-process.ts";

export type GivenLease = { leaseToken: string; job: { id: string } };

/** Resolves when the runner waits; `leases` when its wait is over. */
export async function waitForWork(process: MillraceProcess, queue: string): Promise<{ leases: Promise<GivenLease[]> }> {
  const response = await fetch(`${process.url}/api/v1/leases`, {
    method: "POST",
    headers: { ...process.headers, "content-type": "application/json" },
    body: JSON.stringify({ runnerId: "waiting", queues: [queue], max: 1, leaseSeconds: 60, waitSeconds: 20 }),
  });
  // The answer is begun when the first look takes long or found nothing; one more question, and the look is surely over.
  await process.get("/api/v1/jobs?limit=1");
  return { leases: response.json().then((body) => body.leases as GivenLease[]) };
}

export async function complete(process: MillraceProcess, { leaseToken }: GivenLease): Promise<void> {
  await process.post("/api/v1/leases/settle", { runnerId: "waiting", items: [{ leaseToken, outcome: "completed", result: null }] });
}
