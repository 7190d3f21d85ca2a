// Where a deployment has no place for bytes: everything works but uploads, which say so.
import type { BlobStore } from "../../ports/blob-store.ts";

export function createNoBlobStore(): BlobStore {
  const refuse = () => Promise.reject(new Error("This deployment has no blob store: uploads are not to be had here."));
  return { put: refuse, get: async () => null, delete: async () => {}, check: async () => {} };
}
