// The dashboard's addresses. Filters and open jobs live in the address, so that a link or a reload shows the same.
import { createRootRoute, createRoute, createRouter, parseSearchWith, redirect, stringifySearchWith } from "@tanstack/react-router";
import { GeneratePage } from "../generate/generate-page.tsx";
import { readJobFilters } from "../jobs/job-filters.ts";
import { JobPage } from "../jobs/job-page.tsx";
import { JobsPage } from "../jobs/jobs-page.tsx";
import { QueuesPage } from "../queues/queues-page.tsx";
import { RunnersPage } from "../runners/runners-page.tsx";
import { TrainPage } from "../train/train-page.tsx";
import { NotFound, PageError } from "./page-error.tsx";
import { Shell } from "./shell.tsx";

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/jobs", replace: true });
  },
});
const jobsRoute = createRoute({ getParentRoute: () => rootRoute, path: "/jobs", validateSearch: readJobFilters, component: JobsPage });
const jobRoute = createRoute({ getParentRoute: () => rootRoute, path: "/jobs/$jobId", component: JobPage });
const queuesRoute = createRoute({ getParentRoute: () => rootRoute, path: "/queues", component: QueuesPage });
const runnersRoute = createRoute({ getParentRoute: () => rootRoute, path: "/runners", component: RunnersPage });
const trainRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/train",
  validateSearch: readStrings("job"),
  component: TrainPage,
});
const generateRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/generate",
  validateSearch: readStrings("job", "model"),
  component: GeneratePage,
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([homeRoute, jobsRoute, jobRoute, queuesRoute, runnersRoute, trainRoute, generateRoute]),
  // Plain parameters, readable and typed by hand, instead of JSON in the address.
  parseSearch: parseSearchWith((value) => value),
  stringifySearch: stringifySearchWith(String),
  defaultErrorComponent: PageError,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** Keeps these parameters of an address and drops the rest. */
function readStrings<Name extends string>(...names: Name[]) {
  return (search: Record<string, unknown>): { [Key in Name]?: string } => {
    const kept: { [Key in Name]?: string } = {};
    for (const name of names) if (typeof search[name] === "string" && search[name] !== "") kept[name] = search[name];
    return kept;
  };
}
