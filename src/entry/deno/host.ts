// What every entry on Deno needs of its host.
import type { JudgeAddress } from "../../adapters/deno/outbound.ts";
import type { AddressPolicy } from "../../queue-consumers/address-policy.ts";
import type { UpgradeSocket } from "../resident/live-hub.ts";
import { deno } from "./runtime.ts";

/** Work that outlives its request simply goes on here. */
export const NO_EXECUTION = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };

export const upgradeSocket: UpgradeSocket = (request, protocol) => deno.upgradeWebSocket(request, protocol ? { protocol } : {});

/** Judges a bare address as the policy judges a URL. */
export function judgeBy(policy: AddressPolicy): JudgeAddress {
  return (address) => policy.refusal(new URL(`http://${address.includes(":") ? `[${address}]` : address}`));
}
