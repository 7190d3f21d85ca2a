// What stands in for a page that does not exist or that broke.
import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { PageHead } from "../components/page-head.tsx";
import { ProblemPanel } from "../components/problem-panel.tsx";

export function NotFound() {
  return (
    <>
      <PageHead title="Nothing here" />
      <p>
        There is no such page. Go to{" "}
        <Link to="/jobs" className="link">
          all jobs
        </Link>
        .
      </p>
    </>
  );
}

export function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <>
      <PageHead title="This page broke" />
      <ProblemPanel error={error} title="The dashboard met something it did not expect" onRetry={reset} />
    </>
  );
}
