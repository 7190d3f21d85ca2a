// What the dashboard's files are served with, whoever serves them.

// Everything comes from us: no inline script, no foreign host, and no frame around us.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

export const SECURITY_HEADERS = {
  "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

// Vite puts a hash of the content into the names below assets/.
const HASHED_PATH = /^assets\/.+-[A-Za-z0-9_-]{8}\.\w+$/;

export const IMMUTABLE = "public, max-age=31536000, immutable";

/** `path` has no leading slash. */
export function cacheControl(path: string): string {
  return HASHED_PATH.test(path) ? IMMUTABLE : "no-cache";
}
