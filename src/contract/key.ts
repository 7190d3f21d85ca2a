// API keys and dashboard sessions.
import { z } from "zod";
import { KeyId } from "./ids.ts";
import { text } from "./text.ts";
import { Timestamp } from "./time.ts";

export const SCOPES = ["admin", "submit", "read", "runner"] as const;
/** `admin` may do everything; `submit` enqueues, cancels, retries and reads; `read` reads; `runner` leases, settles, reads and writes uploads. */
export const Scope = z.enum(SCOPES).meta({ example: "submit" });
export type Scope = z.infer<typeof Scope>;

export const KeyInput = z
  .strictObject({ name: text(100, 1).meta({ example: "web app" }), scopes: z.array(Scope).min(1).max(SCOPES.length) })
  .meta({ id: "KeyInput" });
export type KeyInput = z.infer<typeof KeyInput>;

export const Key = z
  .object({ id: KeyId, name: z.string(), scopes: z.array(Scope), createdAt: Timestamp, lastUsedAt: Timestamp.nullable() })
  .meta({ id: "Key" });
export type Key = z.infer<typeof Key>;
export const NewKey = Key.extend({ key: z.string().meta({ description: "Shown once.", example: "mr_…" }) }).meta({ id: "NewKey" });
export type NewKey = z.infer<typeof NewKey>;
export const KeyList = z.object({ items: z.array(Key) }).meta({ id: "KeyList" });

export const SessionInput = z.strictObject({ key: z.string().min(1).max(500) }).meta({ id: "SessionInput" });
export const Session = z.object({ name: z.string(), scopes: z.array(Scope) }).meta({ id: "Session", description: "Who this is." });
export type Session = z.infer<typeof Session>;

/** A key we accept as MILLRACE_ADMIN_KEY: `mr_` and at least 32 characters. */
export const ADMIN_KEY_PATTERN = /^mr_[A-Za-z0-9_-]{32,200}$/;
