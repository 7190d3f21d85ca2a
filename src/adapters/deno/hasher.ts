// SHA-256 by Node's crypto, which Deno has natively.
import { createHash } from "node:crypto";
import type { CreateHasher } from "../../ports/hasher.ts";

export const createHasher: CreateHasher = () => {
  const hash = createHash("sha256");
  return {
    async write(chunk) {
      hash.update(chunk);
    },
    digest: async () => hash.digest("hex"),
  };
};
