// Serves the dashboard that Vite built: its files, and index.html for every address that a browser opens inside it.
import { diskRequest, type FetcherLike } from "../../adapters/selfhost/disk-service.ts";
import { cacheControl, SECURITY_HEADERS } from "../page-headers.ts";

const CONTENT_TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  map: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  webmanifest: "application/manifest+json",
  webp: "image/webp",
  woff2: "font/woff2",
};

const SAFE_PATH = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** The file or page for a GET or HEAD; null where there is none, so that the API answers 404. */
export async function servePage(request: Request, disk: FetcherLike): Promise<Response | null> {
  const path = new URL(request.url).pathname.slice(1);
  const isFile = /\.\w+$/.test(path) && path !== "index.html";
  if (isFile) return SAFE_PATH.test(path) ? serveFile(request, disk, path) : null;
  if (path !== "" && path !== "index.html" && !request.headers.get("accept")?.includes("text/html")) return null;
  return (await serveFile(request, disk, "index.html")) ?? notBuilt();
}

async function serveFile(request: Request, disk: FetcherLike, path: string): Promise<Response | null> {
  const file = await disk.fetch(diskRequest(path, { method: request.method }));
  if (!file.ok) {
    await file.body?.cancel();
    return null;
  }
  const size = file.headers.get("content-length") ?? "0";
  const etag = `W/"${size}-${Date.parse(file.headers.get("last-modified") ?? "") || 0}"`;
  const headers = new Headers({
    ...SECURITY_HEADERS,
    "Content-Type": CONTENT_TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream",
    "Cache-Control": cacheControl(path),
    ETag: etag,
  });
  if (request.headers.get("if-none-match")?.includes(etag)) {
    await file.body?.cancel();
    return new Response(null, { status: 304, headers });
  }
  headers.set("Content-Length", size);
  return new Response(request.method === "HEAD" ? null : file.body, { headers });
}

function notBuilt(): Response {
  return new Response("The dashboard is not built. Run: npm run build\nThe API is at /api/v1, its reference at /api/docs.\n", {
    status: 404,
    headers: { ...SECURITY_HEADERS, "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" },
  });
}
