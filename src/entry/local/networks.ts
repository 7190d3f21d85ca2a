// MILLRACE_HTTP_ALLOW: the private networks that `http` jobs may call.
import { BlockList, isIP } from "node:net";
import { z } from "zod";

/** Comma-separated addresses and CIDRs, or the word `private`; addresses become CIDRs. */
export const NetworkList = z.string().transform((list, context) => {
  const entries = list
    .split(",")
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map((entry) => (entry === "private" ? entry : toCidr(entry)));
  if (entries.includes(null)) {
    context.addIssue({
      code: "custom",
      message: `expected comma-separated addresses or CIDRs such as 10.0.0.0/8, or the word private, not '${list}'`,
    });
  }
  return entries.filter((entry) => entry !== null);
});

function toCidr(entry: string): string | null {
  const [address = "", bits] = entry.split("/");
  const version = isIP(address);
  if (version === 0) return null;
  const most = version === 4 ? 32 : 128;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) return null;
  return `${address}/${bits ?? most}`;
}

/** The denied ranges that stay denied: one that the user's list reaches into is the user's to allow. */
export function deniedBeside(allowed: readonly string[], denied: readonly string[]): string[] {
  if (allowed.includes("private")) return [];
  return denied.filter((range) => !allowed.some((cidr) => overlaps(cidr, range)));
}

function overlaps(a: string, b: string): boolean {
  const family = (cidr: string) => (cidr.includes(":") ? "ipv6" : "ipv4");
  if (family(a) !== family(b)) return false;
  // Two CIDRs overlap only if one holds the other's first address.
  const holds = (outer: string, inner: string) => {
    const list = new BlockList();
    const [address = "", bits] = outer.split("/");
    list.addSubnet(address, Number(bits), family(outer));
    return list.check(inner.split("/")[0] ?? "", family(inner));
  };
  return holds(a, b) || holds(b, a);
}
