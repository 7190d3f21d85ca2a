// Fields of the contract whose capability does not exist yet: using one is answered `not_implemented`, never ignored.
import type { z } from "zod";

/** Marks an issue so that the error mapper answers `not_implemented` rather than `invalid`. */
export const NOT_IMPLEMENTED = "not_implemented";

/** Accepts only what means "not used"; anything else is refused as not built yet. */
export function unbuilt<Schema extends z.ZodType>(schema: Schema, what: string, isUnused: (value: z.output<Schema>) => boolean) {
  return schema.superRefine((value, context) => {
    if (!isUnused(value)) {
      context.addIssue({ code: "custom", params: { problem: NOT_IMPLEMENTED }, message: `${what} is not built yet; leave it out` });
    }
  });
}
