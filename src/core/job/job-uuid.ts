// From a job's id on the wire to its UUID.
import { fromId } from "../../contract/ids.ts";
import { notFound } from "../problem-error.ts";

/** Throws `not_found` for what cannot be a job's id. */
export function jobUuid(id: string): string {
  const uuid = fromId("job", id);
  if (uuid === null) throw notFound("job", id);
  return uuid;
}
