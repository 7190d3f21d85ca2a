// Uploads: files in, files out.
import { z } from "zod";
import { UploadId } from "./ids.ts";
import { Timestamp } from "./time.ts";

export const DEFAULT_MAX_UPLOAD_BYTES = 5 * 1024 ** 3;

export const Upload = z
  .object({
    id: UploadId,
    name: z.string().meta({ example: "book.txt" }),
    contentType: z.string().meta({ example: "text/plain" }),
    sizeBytes: z.int().meta({ example: 1_048_576 }),
    sha256: z.string().meta({ description: "Of the content, in hex." }),
    createdAt: Timestamp,
  })
  .meta({ id: "Upload" });
export type Upload = z.infer<typeof Upload>;
