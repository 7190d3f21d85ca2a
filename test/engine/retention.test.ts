// Retention: what is deleted when, with everything that hangs off it, and the counts that go with it.
import { expect, test } from "vitest";
import { housekeep } from "../../src/core/sweep/housekeep.ts";
import { describeEngine } from "./describe-engine.ts";
import { enqueue, leaseOne, ME, problemOf, settle, uuidOf } from "./engine-under-test.ts";

describeEngine("retention", ({ db, under }) => {
  /** A finished job with an attempt, a log line, an artifact and a result version, that ended so many days ago. */
  async function finished(queue: string, daysAgo: number): Promise<string> {
    const { engine } = under();
    const { sql } = db();
    const id = await enqueue(engine, { queue, backoff: { type: "fixed", baseSeconds: 0, capSeconds: 0, jitter: false } });
    await settle(engine, (await leaseOne(engine, { queues: [queue] })).leaseToken, { outcome: "failed" });
    await engine.promoteJob(ME, { id });
    const { leaseToken } = await leaseOne(engine, { queues: [queue] });
    await engine.heartbeatLeases(ME, {
      runnerId: "runner-1",
      leases: [{ leaseToken, logs: [{ seq: 1, at: "2026-01-01T00:00:00Z", stream: "stdout", line: "x" }] }],
    });
    const upload = await engine.recordUpload(ME, {
      name: "a",
      contentType: "text/plain",
      sizeBytes: 1,
      sha256: "0".repeat(64),
      blobKey: `1/${crypto.randomUUID()}`,
    });
    await engine.settleLeases(ME, {
      runnerId: "runner-1",
      items: [{ leaseToken, outcome: "completed", artifacts: [{ name: "a", uploadId: upload.id }] }],
    });
    await engine.editResult(ME, { id, result: "edited" });
    // A day so long ago has no partition any more: rows moved there would land in the default one.
    const uuid = uuidOf(id);
    const day =
      daysAgo > 1
        ? (await sql<{ day: string }[]>`select to_char(now() - ${daysAgo} * interval '1 day', 'YYYYMMDD') as day`)[0]?.day
        : undefined;
    if (day && queue === "partitioned") {
      await sql.unsafe(
        `create table if not exists millrace.finished_jobs_${day} partition of millrace.finished_jobs for values from ('${day} 00:00:00+00') to ('${day} 24:00:00+00')`,
      );
    }
    await sql`update millrace.finished_jobs set finished_at = now() - ${daysAgo} * interval '1 day' where id = ${uuid}`;
    return id;
  }

  async function leftovers(id: string): Promise<number> {
    const uuid = uuidOf(id);
    const [row] = await db().sql<
      { rows: number }[]
    >`select ((select count(*) from millrace.attempts where job_id = ${uuid}) + (select count(*) from millrace.job_logs where job_id = ${uuid})
      + (select count(*) from millrace.artifacts where job_id = ${uuid}) + (select count(*) from millrace.result_versions where job_id = ${uuid}))::integer as rows`;
    return row?.rows ?? 0;
  }

  const completedIn = async (name: string) => (await under().engine.getQueue(ME, { name })).counts.completed;

  test("a job past its queue's retention is deleted with all that hangs off it; a younger one stays", async () => {
    const { engine, ports } = under();
    const [old, young] = [await finished("pruned", 8), await finished("pruned", 0)];
    expect(await leftovers(old)).toBe(4);
    expect(await housekeep(ports)).toBe(1);
    expect(await problemOf(engine.getJob(ME, { id: old }))).toBe("not_found");
    expect(await leftovers(old)).toBe(0);
    expect(await leftovers(young)).toBe(4);
    expect(await completedIn("pruned")).toBe(1);
  });

  test("each queue has its own retention", async () => {
    const { engine, ports } = under();
    await engine.putQueue(ME, { name: "brief", policy: { retentionSeconds: 3600 } });
    await engine.putQueue(ME, { name: "long", policy: { retentionSeconds: 30 * 86_400 } });
    const [brief, long] = [await finished("brief", 1), await finished("long", 20)];
    await housekeep(ports);
    expect(await problemOf(engine.getJob(ME, { id: brief }))).toBe("not_found");
    expect((await engine.getJob(ME, { id: long })).state).toBe("completed");
  });

  test("a day's partition is dropped once every queue has outlived it, and the counts follow", async () => {
    const { engine, ports } = under();
    const { sql } = db();
    const id = await finished("partitioned", 40);
    expect(await completedIn("partitioned")).toBe(1);
    const partitions = async () =>
      (await sql<{ n: number }[]>`select count(*)::integer as n from pg_inherits where inhparent = 'millrace.finished_jobs'::regclass`)[0]
        ?.n ?? 0;
    const before = await partitions();
    await housekeep(ports);
    expect(await partitions()).toBe(before - 1);
    expect(await problemOf(engine.getJob(ME, { id }))).toBe("not_found");
    expect(await leftovers(id)).toBe(0);
    expect(await completedIn("partitioned")).toBe(0);
  });

  test("racing housekeepers do no harm, and the counts stay equal to the rows", async () => {
    const { engine, ports } = under();
    for (let n = 0; n < 3; n += 1) await finished("raced", 9);
    const kept = await finished("raced", 0);
    const pruned = await Promise.all(Array.from({ length: 6 }, () => housekeep(ports)));
    expect(pruned.reduce((sum, one) => sum + one, 0)).toBe(3);
    expect((await engine.getJob(ME, { id: kept })).state).toBe("completed");
    const [row] = await db().sql<{ drift: number }[]>`select count(*)::integer as drift from (
      select queue, state, sum(n) from (
        select queue, state, jobs as n from millrace.job_counts union all select queue, state, jobs from millrace.job_count_deltas
        union all select queue, state, -count(*) from millrace.all_jobs group by 1, 2
      ) as every group by 1, 2 having sum(n) <> 0) as drifted`;
    expect(row?.drift).toBe(0);
  });
});
