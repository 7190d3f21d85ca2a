// Asks for an API key and trades it for a session cookie; the key is kept nowhere.
import { type FormEvent, useId, useState } from "react";
import { ApiError } from "../app/api.ts";
import { Wheel } from "../components/icons.tsx";
import { useLogin } from "./use-session.ts";

export function LoginPage({ linkError }: { linkError: Error | null }) {
  const login = useLogin();
  const [key, setKey] = useState("");
  const [isEmpty, setIsEmpty] = useState(false);
  const id = useId();
  const error = isEmpty
    ? "Enter a key: it starts with mr_."
    : (explain(login.error) ?? (linkError && `The key in the link was not accepted. ${explain(linkError)}`));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsEmpty(key.trim() === "");
    if (key.trim() !== "") login.mutate(key.trim());
  };

  return (
    <div className="grid min-h-dvh place-items-center bg-deep p-4">
      <main className="w-full max-w-md">
        <h1 className="mb-8 flex items-center gap-3 text-3xl text-deep-ink">
          <Wheel className="size-11" />
          Millrace
        </h1>
        <form onSubmit={submit} noValidate className="panel grid gap-4 p-6">
          <div>
            <label htmlFor={id} className="mb-1.5 block font-semibold">
              API key
            </label>
            <input
              id={id}
              type="password"
              autoComplete="current-password"
              spellCheck={false}
              autoCapitalize="off"
              // The one thing to do on this page.
              // biome-ignore lint/a11y/noAutofocus: nothing comes before this field.
              autoFocus
              value={key}
              onChange={(event) => setKey(event.target.value)}
              aria-invalid={error ? true : undefined}
              aria-describedby={`${id}-help ${id}-error`}
              placeholder="mr_…"
              className="input font-mono"
            />
            <p id={`${id}-error`} role="alert" className="mt-1.5 text-sm text-failed empty:hidden">
              {error}
            </p>
          </div>
          <button type="submit" disabled={login.isPending} className="button button-primary">
            {login.isPending ? "Logging in …" : "Log in"}
          </button>
          <p id={`${id}-help`} className="text-sm text-muted">
            The first start printed a key and a link with it. Later keys are made with{" "}
            <code className="text-[0.9em]">POST /api/v1/keys</code>. This browser keeps a session cookie, never the key.
          </p>
        </form>
      </main>
    </div>
  );
}

function explain(error: Error | null): string | null {
  if (error === null) return null;
  if (error instanceof ApiError && error.status === 401) return "This key is unknown or was revoked. Check that it was copied whole.";
  return error.message;
}
