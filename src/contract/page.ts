// Lists: `?limit=…&cursor=…` in, `{items, nextCursor}` out, newest first.
import { z } from "zod";

export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: "Items per page.", example: 50 }),
  cursor: z.string().max(512).optional().meta({ description: "`nextCursor` of the page before.", example: "eyJ2IjoxfQ" }),
});

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().meta({ description: "Pass as `cursor` for the next page; null on the last." }),
  });
}
