// What every verb is given: who asks, and the ports. A verb is `verb({ ctx, input })`: first authorise, then act.
import type { Scope } from "../contract/key.ts";
import type { Db } from "../db/database.ts";
import type { Clock } from "../ports/clock.ts";
import type { DueTime } from "../ports/due-time.ts";
import type { EventBus } from "../ports/event-bus.ts";
import type { Logger } from "../ports/logger.ts";
import type { Notifier } from "../ports/notifier.ts";
import { ProblemError } from "./problem-error.ts";

/** Who asks. `keyId` is null for the system itself; a session also names the key that opened it. */
export type Identity = {
  workspaceId: number;
  keyId: string | null;
  sessionOf?: string | null;
  name: string;
  scopes: readonly Scope[];
};

export type EnginePorts = { db: Db; bus: EventBus; notifier: Notifier; due: DueTime; clock: Clock; logger: Logger };

export type Context = EnginePorts & { identity: Identity };

export type Call<Input> = { ctx: Context; input: Input };

/** The engine acting for itself in a workspace: sweeps, queue consumers. */
export function systemIdentity(workspaceId: number): Identity {
  return { workspaceId, keyId: null, name: "millrace", scopes: ["admin"] };
}

/** Throws `forbidden` unless the caller has one of `scopes`; `admin` may do everything. */
export function authorise({ identity }: Pick<Context, "identity">, ...scopes: Scope[]): void {
  if (hasScope(identity, ...scopes)) return;
  throw new ProblemError(
    "forbidden",
    `This needs a key with scope ${[...scopes, "admin"].join(" or ")}; '${identity.name}' has ${identity.scopes.join(", ")}.`,
  );
}

export function hasScope(identity: Identity, ...scopes: Scope[]): boolean {
  return identity.scopes.includes("admin") || scopes.some((scope) => identity.scopes.includes(scope));
}
