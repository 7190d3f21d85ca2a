// Times and durations on the wire: RFC 3339 UTC with milliseconds, durations in seconds.
import { z } from "zod";

/** An instant as we send it. */
export const Timestamp = z.string().meta({ format: "date-time", example: "2026-01-31T08:30:00.000Z" });

const FIVE_DIGIT_YEARS = Date.UTC(10_000, 0);

/** An instant as we accept it: RFC 3339 with any offset, between 1970 and 9999. */
export const InstantInput = z.iso
  .datetime({ offset: true, error: "expected an RFC 3339 time such as 2026-01-31T08:30:00Z" })
  // The offset may carry a time of the year 9999 into a year that RFC 3339 cannot write.
  .refine((value) => Date.parse(value) >= 0 && Date.parse(value) < FIVE_DIGIT_YEARS, "must be a real time after 1970")
  .meta({ example: "2026-01-31T08:30:00Z" });

export const TEN_YEARS_SECONDS = 315_360_000;
