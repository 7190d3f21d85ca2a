// A job's state as icon, word and colour, never colour alone.
import type { JobState } from "../../contract/job.ts";
import { Icon } from "../components/icons.tsx";
import { stateLabel } from "./job-states.ts";

const COLOURS: Record<JobState, string> = {
  scheduled: "bg-scheduled-wash text-scheduled",
  queued: "bg-queued-wash text-queued",
  running: "bg-running-wash text-running",
  completed: "bg-completed-wash text-completed",
  failed: "bg-failed-wash text-failed",
  cancelled: "bg-cancelled-wash text-cancelled",
  blocked: "bg-blocked-wash text-blocked",
};

export function StateChip({ state, isCancelling = false }: { state: JobState; isCancelling?: boolean }) {
  return (
    <span
      className={`inline-flex items-center gap-1.5 rounded-md py-0.5 ps-1.5 pe-2 text-sm font-semibold whitespace-nowrap ${COLOURS[state]}`}
    >
      <Icon name={state} className={state === "running" ? "size-3.5 animate-turn" : "size-3.5"} />
      {isCancelling && state === "running" ? "Cancelling" : stateLabel(state)}
    </span>
  );
}
