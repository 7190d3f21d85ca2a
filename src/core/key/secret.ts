// Making API keys and hashing them. Keys are 256 random bits, so one SHA-256 without salt is enough to store.
import { sha256Hex } from "../sha256.ts";

/** `mr_` and 43 characters of base64url: 256 random bits. */
export function makeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `mr_${btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "")}`;
}

/** SHA-256 in hex: what is stored of a key. */
export function hashKey(key: string): Promise<string> {
  return sha256Hex(key);
}
