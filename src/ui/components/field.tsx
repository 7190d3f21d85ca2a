// One field of a form: label, help and the server's complaint, tied to the control for screen readers.
import { type ReactNode, useId } from "react";
import { ApiError } from "../app/api.ts";
import { ProblemPanel } from "./problem-panel.tsx";

interface ControlProps {
  id: string;
  "aria-describedby": string;
  "aria-invalid": true | undefined;
}

interface FieldProps {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
  children: (control: ControlProps) => ReactNode;
}

export function Field({ label, help, error, children }: FieldProps) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block font-semibold">
        {label}
      </label>
      {children({ id, "aria-describedby": `${id}-help ${id}-error`, "aria-invalid": error ? true : undefined })}
      <p id={`${id}-error`} className="mt-1 text-sm font-medium text-failed empty:hidden">
        {error}
      </p>
      <p id={`${id}-help`} className="mt-1 text-sm text-muted empty:hidden">
        {help}
      </p>
    </div>
  );
}

/** Field errors of a failed request by path, such as `options.order`. */
export function fieldErrors(error: unknown): Record<string, string> {
  const byPath: Record<string, string> = {};
  if (error instanceof ApiError)
    for (const { path, message } of error.errors) byPath[path] = byPath[path] ? `${byPath[path]}. ${message}` : message;
  return byPath;
}

/** The problem above a form: complaints about fields that the form does not show are listed here. */
export function FormProblem({ error, shown }: { error: unknown; shown: readonly string[] }) {
  if (!error) return null;
  const elsewhere = error instanceof ApiError ? error.errors.filter(({ path }) => !shown.includes(path)) : [];
  return (
    <div className="grid gap-2">
      <ProblemPanel error={error} />
      {elsewhere.length > 0 && (
        <ul className="list-disc ps-5 text-sm text-failed">
          {elsewhere.map(({ path, message }) => (
            <li key={path}>
              <code>{path}</code>: {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
