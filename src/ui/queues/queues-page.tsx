// Every queue at a glance, and the two things operators do most: pause and resume.
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { PageHead } from "../components/page-head.tsx";
import { ProblemPanel } from "../components/problem-panel.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { useLiveEvents } from "../live/live.ts";
import { QueueCard } from "./queue-card.tsx";
import { QUEUES_KEY, useQueues } from "./use-queues.ts";

const RECOUNT_MS = 1500;

export function QueuesPage() {
  const queues = useQueues();
  useRecountOnEvents();
  return (
    <>
      <PageHead title="Queues" lead="Jobs gather above the gate and run through it. A paused queue takes jobs in and lets none out." />
      {queues.isPending && <SkeletonRows count={3} label="Loading queues" height="h-44" />}
      {queues.isError && <ProblemPanel error={queues.error} onRetry={() => queues.refetch()} />}
      {queues.data?.length === 0 && (
        <div className="panel px-4 py-12 text-center">
          <h2 className="text-xl">No queues yet</h2>
          <p className="mt-2 text-muted">
            A queue is there from its first job on. The{" "}
            <Link to="/jobs" className="link">
              list of jobs
            </Link>{" "}
            shows how to put one in.
          </p>
        </div>
      )}
      <ul className="grid gap-4">
        {queues.data?.map((queue) => (
          <li key={queue.name} id={queue.name} className="scroll-mt-20">
            <QueueCard queue={queue} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** Counts come anew only while something happens, and not for every event. */
function useRecountOnEvents(): void {
  const queryClient = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useLiveEvents((events) => {
    if (timer.current !== undefined || !events.some((event) => event.jobId && event.type !== "job.log" && event.type !== "job.progress"))
      return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void queryClient.invalidateQueries({ queryKey: QUEUES_KEY });
    }, RECOUNT_MS);
  });
}
