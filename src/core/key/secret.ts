// Making API keys and hashing them. Keys are 256 random bits, so one SHA-256 without salt is enough to store.

/** `mr_` and 43 characters of base64url: 256 random bits. */
export function makeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `mr_${btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "")}`;
}

/** SHA-256 in hex. */
export async function hashKey(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
