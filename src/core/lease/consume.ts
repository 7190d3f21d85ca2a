// What queue consumers do with leases: the same statements as runners, across workspaces.
import { fromLeaseToken } from "../../contract/ids.ts";
import type { HeartbeatInput, Lease } from "../../contract/lease.ts";
import { type EnginePorts, systemIdentity } from "../context.ts";
import { leaseOnce, toLease } from "./acquire.ts";
import { heartbeatLeases } from "./heartbeat.ts";
import { type InternalSettleItem, settleLeases } from "./settle.ts";

const CONSUMER = "queue-consumers";

export type ConsumerLease = Lease & { workspaceId: number };

/** Ready jobs of every workspace's push queues. */
export async function acquireForConsumers(
  ports: EnginePorts,
  { max, leaseSeconds }: { max: number; leaseSeconds: number },
): Promise<ConsumerLease[]> {
  const leased = await leaseOnce(ports, { workspaceId: 0, runnerId: null, queues: [], max, leaseSeconds });
  return leased.map((row) => ({ ...toLease(row), workspaceId: row.workspace_id }));
}

/** Extends all these leases; returns the tokens whose work must stop (cancelled or lost). */
export async function heartbeatForConsumers(
  ports: EnginePorts,
  leases: readonly ConsumerLease[],
): Promise<{ cancelled: string[]; lost: string[] }> {
  const cancelled: string[] = [];
  const lost: string[] = [];
  for (const [workspaceId, group] of Map.groupBy(leases, (lease) => lease.workspaceId)) {
    const input: HeartbeatInput = { runnerId: CONSUMER, leases: group.map(({ leaseToken }) => ({ leaseToken })) };
    const answer = await heartbeatLeases({ ctx: { ...ports, identity: systemIdentity(workspaceId) }, input });
    cancelled.push(...answer.cancelled);
    lost.push(...answer.lost);
  }
  return { cancelled, lost };
}

export async function settleForConsumers(
  ports: EnginePorts,
  items: readonly (InternalSettleItem & { workspaceId: number })[],
): Promise<void> {
  for (const [workspaceId, group] of Map.groupBy(items, (item) => item.workspaceId)) {
    const input = { runnerId: CONSUMER, items: group.map(({ workspaceId: _, ...item }) => item) };
    const answer = await settleLeases({ ctx: { ...ports, identity: systemIdentity(workspaceId) }, input });
    for (const item of answer.items) {
      if (item.status === "lease_lost")
        ports.logger.warn("a consumer's result came too late", { jobUuid: fromLeaseToken(item.leaseToken)?.jobUuid });
    }
  }
}
