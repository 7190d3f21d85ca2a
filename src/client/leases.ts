// The runner protocol: acquire, heartbeat, settle; every call is a batch.
import type { input } from "zod";
import type { AcquireInput, AcquireResult, HeartbeatInput, HeartbeatResult, SettleInput, SettleResult } from "../contract/lease.ts";
import type { CallOptions, Transport } from "./transport.ts";

export function leases(transport: Transport) {
  return {
    /** Held open by the server until there is work, for at most `waitSeconds`. */
    acquire: (body: input<typeof AcquireInput>, options: CallOptions = {}) =>
      transport.call<AcquireResult>("POST", "/api/v1/leases", { ...options, json: body }),
    heartbeat: (body: input<typeof HeartbeatInput>, options: CallOptions = {}) =>
      transport.call<HeartbeatResult>("POST", "/api/v1/leases/heartbeat", { ...options, json: body }),
    /** Ends leases, and takes the next ones in the same round trip where `acquire` is given. */
    settle: (body: input<typeof SettleInput>, options: CallOptions = {}) =>
      transport.call<SettleResult>("POST", "/api/v1/leases/settle", { ...options, json: body }),
  };
}
