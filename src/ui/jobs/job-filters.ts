// The job list's filters, as they stand in the address.
import type { JobState } from "../../contract/job.ts";
import { JOB_STATE_LIST } from "./job-states.ts";

export interface JobFilters {
  state?: JobState;
  queue?: string;
  kind?: string;
  tag?: string;
  q?: string;
}

const TEXT_FILTERS = ["queue", "kind", "tag", "q"] as const;

/** What an address says; what it says wrongly is left out. */
export function readJobFilters(search: Record<string, unknown>): JobFilters {
  const filters: JobFilters = {};
  const state = JOB_STATE_LIST.find((known) => known === search.state);
  if (state) filters.state = state;
  for (const name of TEXT_FILTERS) {
    const value = search[name];
    if (typeof value === "string" && value.trim() !== "") filters[name] = value.trim();
  }
  return filters;
}

export const hasFilters = (filters: JobFilters): boolean => Object.keys(filters).length > 0;

/** True where a job in this state and queue could be in the filtered list; tags and texts only the server can tell. */
export function mayMatch(filters: JobFilters, job: { state: JobState; queue?: string | undefined }): boolean {
  if (filters.state !== undefined && filters.state !== job.state) return false;
  return filters.queue === undefined || job.queue === undefined || filters.queue === job.queue;
}
