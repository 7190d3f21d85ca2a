// What to do about each problem code: the page that a problem's `type` points to.
import type { ProblemCode } from "../../contract/problem.ts";

export const PROBLEM_ADVICE: Record<ProblemCode, string> = {
  malformed_json: "Send JSON, encoded as UTF-8. `detail` says where the parser stopped.",
  bad_request: "`detail` says what could not be read. Mend the request; sending it again as it is will not help.",
  invalid_cursor: "Pass `nextCursor` exactly as you received it, with the same filters, or start without one.",
  unauthorized: "Send `Authorization: Bearer mr_…` with a key that exists and has not been revoked.",
  forbidden: "Use a key with the scope that the operation names, or ask whoever made the key.",
  not_found: "Check the id and the workspace of your key: what belongs to somebody else is answered as if it did not exist.",
  method_not_allowed: "The header `Allow` lists the methods that this path answers.",
  conflict: "Read the object again: it has moved on. `detail` says which state stands in the way.",
  lease_lost: "The lease ran out and the job belongs to another attempt. Stop working on it and drop the result.",
  idempotency_in_progress: "Wait for the first request to be answered, then repeat this one to get the same answer.",
  too_large: "Send less at a time, or upload the data as a file and name the upload.",
  unsupported_media_type: "Send the `Content-Type` that the operation names.",
  range_not_satisfiable: "The header `Content-Range` of the answer gives the size of the content.",
  invalid: "`errors` lists every field that is wrong, with its path. Unknown fields are errors too, so that a typo is not silent.",
  not_implemented: "The contract names it, this release does not have it. Leave it out.",
  idempotency_mismatch: "Use a fresh key for a new request; repeat a key only with the same path and body.",
  locked: "Somebody else holds it. Try again when they are done.",
  rate_limited: "Wait as many seconds as `Retry-After` says.",
  internal:
    "It is logged under `requestId`: quote that when you report it. Sending the request again with the same `Idempotency-Key` is safe.",
  unavailable: "Try again after `Retry-After` seconds, with the same `Idempotency-Key` where you sent one.",
};
