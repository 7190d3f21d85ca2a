// The end-to-end suite: HTTP alone, against whatever deployment it is pointed at.
import { jobCases } from "./job-cases.ts";
import { leaseCases } from "./lease-cases.ts";
import { liveCases } from "./live-cases.ts";
import { serviceCases } from "./service-cases.ts";
import type { E2eCase } from "./site.ts";

export const allCases: readonly E2eCase[] = [...jobCases, ...leaseCases, ...liveCases, ...serviceCases];
