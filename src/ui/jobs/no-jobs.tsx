// What the list says when it is empty: how to put the first job in, or how to see more.
import { Link } from "@tanstack/react-router";
import { CopyButton } from "../components/copy-button.tsx";
import { ScrollRegion } from "../components/scroll-region.tsx";

export function NoJobsYet() {
  const command = firstJobCommand(window.location.origin);
  return (
    <div className="mx-auto max-w-2xl px-4 py-12">
      <h2 className="text-xl">No jobs yet</h2>
      <p className="mt-2 text-muted">
        Put the first one in from a terminal, with your API key in <code>MILLRACE_TOKEN</code>. It shows up here at once.
      </p>
      <div className="relative mt-4">
        <ScrollRegion label="Command" className="rounded-lg bg-inset p-4 pe-14">
          <pre className="text-sm leading-6">{command}</pre>
        </ScrollRegion>
        <div className="absolute end-2 top-2 rounded-md bg-inset">
          <CopyButton text={command} label="Copy the command" />
        </div>
      </div>
      <p className="mt-6 text-muted">
        Or{" "}
        <Link to="/train" className="link">
          train a model on a text of yours
        </Link>{" "}
        and watch it learn.
      </p>
    </div>
  );
}

export function NoJobsMatch() {
  return (
    <div className="px-4 py-12 text-center">
      <h2 className="text-xl">No job matches</h2>
      <p className="mt-2 text-muted">
        Widen the filters, or{" "}
        <Link to="/jobs" search={{}} className="link">
          show every job
        </Link>
        .
      </p>
    </div>
  );
}

export function firstJobCommand(origin: string): string {
  return [
    `curl ${origin}/api/v1/jobs \\`,
    '  -H "Authorization: Bearer $MILLRACE_TOKEN" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '{"kind": "http", "payload": {"url": "https://example.com"}}'`,
  ].join("\n");
}
