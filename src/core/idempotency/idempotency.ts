// Idempotency keys of POST requests other than enqueues: claim, then store the answer or let go.
import { claimIdempotencyKey, releaseIdempotencyKey, type StoredAnswer, storeIdempotentAnswer } from "../../db/queries/idempotency-keys.ts";
import type { Call } from "../context.ts";
import { ProblemError } from "../problem-error.ts";

export type Answer = { status: number; body: unknown };

/** Null where the request is to be carried out now; else the answer to replay. Throws on a mismatch or while one runs. */
export async function claimIdempotency({ ctx, input }: Call<{ key: string; requestHash: string }>): Promise<Answer | null> {
  const stored: StoredAnswer | null = await claimIdempotencyKey(ctx.db, { workspaceId: ctx.identity.workspaceId, ...input });
  if (stored === null) return null;
  if (stored.request_hash !== input.requestHash) {
    throw new ProblemError(
      "idempotency_mismatch",
      "This Idempotency-Key was used in the last 24 hours with another request. Use a new key.",
    );
  }
  if (stored.status === null) {
    throw new ProblemError("idempotency_in_progress", "The first request with this Idempotency-Key has not ended. Try again in a moment.", {
      retryAfterSeconds: 1,
    });
  }
  return { status: stored.status, body: stored.response };
}

export async function storeAnswer({ ctx, input }: Call<{ key: string } & Answer>): Promise<void> {
  await storeIdempotentAnswer(ctx.db, {
    workspaceId: ctx.identity.workspaceId,
    key: input.key,
    status: input.status,
    response: input.body,
  });
}

/** After a request that failed and changed nothing: the key may be used again. */
export async function releaseIdempotency({ ctx, input }: Call<{ key: string }>): Promise<void> {
  await releaseIdempotencyKey(ctx.db, { workspaceId: ctx.identity.workspaceId, key: input.key });
}
