// Calls to URLs that users name, through workerd's network service: it looks names up and then refuses every address that
// the configuration (ops/workerd) does not allow, so a name that turns into a private address gets nowhere.
import type { Outbound } from "../../ports/outbound.ts";
import type { FetcherLike } from "./disk-service.ts";

export function createOutbound(network: FetcherLike): Outbound {
  return {
    async fetch(request, signal) {
      try {
        return await network.fetch(new Request(request, { redirect: "manual", signal }));
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        // workerd says no more than "internal error" here, and writes the reason to its log.
        throw new Error(
          `Cannot connect to ${new URL(request.url).host}: the name does not resolve, nothing answers there, or the address is not allowed (MILLRACE_HTTP_ALLOW).`,
          {
            cause: error,
          },
        );
      }
    },
  };
}
