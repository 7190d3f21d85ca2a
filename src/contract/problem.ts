// Errors on the wire: RFC 9457 problem details with a closed list of codes.
import { z } from "zod";

/** Every problem we send: its HTTP status and its title. */
export const PROBLEMS = {
  malformed_json: { status: 400, title: "The body is not valid JSON" },
  bad_request: { status: 400, title: "The request cannot be understood" },
  invalid_cursor: { status: 400, title: "The cursor is not one of ours" },
  unauthorized: { status: 401, title: "Authentication is needed" },
  forbidden: { status: 403, title: "This key is not allowed to do that" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  conflict: { status: 409, title: "The current state does not allow that" },
  lease_lost: { status: 409, title: "The lease is no longer yours" },
  idempotency_in_progress: { status: 409, title: "A request with this Idempotency-Key is still running" },
  too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "Unsupported media type" },
  range_not_satisfiable: { status: 416, title: "The range is outside the content" },
  invalid: { status: 422, title: "The request is not valid" },
  not_implemented: { status: 422, title: "This is not built yet" },
  idempotency_mismatch: { status: 422, title: "This Idempotency-Key was used with another body" },
  locked: { status: 423, title: "Locked" },
  rate_limited: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Something failed on our side" },
  unavailable: { status: 503, title: "A part we need is away" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export const FieldError = z.object({
  path: z.string().meta({ description: "Where, in dots and brackets.", example: "jobs[2].priority" }),
  message: z.string().meta({ description: "What was expected.", example: "Too big: expected number to be <=100" }),
});
export type FieldError = z.infer<typeof FieldError>;

export const Problem = z
  .object({
    type: z.string().meta({ description: "A page about this code.", example: "/api/docs#problem-invalid" }),
    title: z.string().meta({ description: "The code in words.", example: "The request is not valid" }),
    status: z.int().meta({ description: "The HTTP status.", example: 422 }),
    detail: z.string().meta({ description: "What happened and what to do.", example: "1 field is not valid." }),
    instance: z.string().meta({ description: "The path of the request.", example: "/api/v1/jobs" }),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]).meta({ description: "For programs.", example: "invalid" }),
    requestId: z.string().meta({ description: "Quote it when you ask us.", example: "req_01kaj7zqv5fd8tqb5x1v2m3n4p" }),
    errors: z.array(FieldError).optional().meta({ description: "Every field error at once." }),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details." });
export type Problem = z.infer<typeof Problem>;
