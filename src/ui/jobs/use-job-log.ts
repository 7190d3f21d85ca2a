// Gives a component a job's log, live.
import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { JobId } from "../../contract/ids.ts";
import type { LogLine } from "../../contract/job.ts";
import { useLiveEvents, useLiveOpen } from "../live/live.ts";
import { JobLog, type LogSnapshot } from "./job-log.ts";

/** Together with `useJob`, which narrows the live stream to the job. */
export function useJobLog(jobId: JobId): LogSnapshot & { retry: () => void } {
  const log = useMemo(() => new JobLog(jobId), [jobId]);
  useEffect(() => void log.catchUp(), [log]);
  useLiveOpen(() => void log.catchUp());
  useLiveEvents((events) => {
    for (const event of events) {
      if (event.type === "job.log" && event.jobId === jobId && Array.isArray(event.data["logs"])) log.receive(event.data["logs"] as LogLine[]);
      // The last lines may have been written together with the end.
      else if (event.jobId === jobId && event.type !== "job.progress" && event.type !== "job.log") void log.catchUp();
    }
  });
  const snapshot = useSyncExternalStore(log.subscribe, log.snapshot);
  return { ...snapshot, retry: () => void log.catchUp() };
}
