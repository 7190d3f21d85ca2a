// One live log for all who read it on a page: the panel, the perplexity chart, the generated text.
import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import type { JobId } from "../../contract/ids.ts";
import type { LogLine } from "../../contract/job.ts";
import { useLiveEvents, useLiveOpen } from "../live/live.ts";
import { JobLog, type LogSnapshot } from "./job-log.ts";

const Log = createContext<JobLog | null>(null);

/** Together with `useJob`, which narrows the live stream to the job. */
export function JobLogProvider({ jobId, children }: { jobId: JobId; children: ReactNode }) {
  const log = useMemo(() => new JobLog(jobId), [jobId]);
  useEffect(() => void log.catchUp(), [log]);
  useLiveOpen(() => void log.catchUp());
  useLiveEvents((events) => {
    for (const event of events) {
      if (event.jobId !== jobId || event.type === "job.progress") continue;
      const lines = event.data.logs;
      if (event.type === "job.log" && Array.isArray(lines)) log.receive(lines as LogLine[]);
      // The last lines may have been written together with the end.
      else void log.catchUp();
    }
  });
  return <Log value={log}>{children}</Log>;
}

export function useJobLog(): LogSnapshot & { retry: () => void } {
  const log = useContext(Log);
  if (!log) throw new Error("useJobLog was called outside a JobLogProvider.");
  const snapshot = useSyncExternalStore(log.subscribe, log.snapshot);
  return { ...snapshot, retry: () => void log.catchUp() };
}
