// Calls to URLs that users name, by the host's own fetch. On Cloudflare it reaches public addresses only.
import type { Outbound } from "../../ports/outbound.ts";

export function createFetchOutbound(): Outbound {
  return {
    async fetch(request, signal) {
      try {
        return await fetch(new Request(request, { redirect: "manual", signal }));
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw new Error(`Cannot connect to ${new URL(request.url).host}: the name does not resolve, or nothing answers there.`, {
          cause: error,
        });
      }
    },
  };
}
