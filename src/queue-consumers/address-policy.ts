// Which addresses the `http` handler may call. Private, loopback, link-local and metadata addresses are refused unless
// configuration allows them. This is the readable first answer; the outbound network refuses again at connect time,
// after DNS, so a public name that turns into a private address gets nowhere either.
import ipaddr from "ipaddr.js";

export type AddressPolicy = {
  /** Why this URL must not be called, or null if it may. */
  refusal(url: URL): string | null;
};

const LOCAL_NAMES = /(^|\.)(localhost|local|internal|localdomain|home\.arpa|lan)\.?$/i;

/** IPv6 forms of IPv4 addresses that are out of use (RFC 4291 §2.5.5.1) or local (RFC 8215); the library takes them for public. */
const OLD_IPV4_FORMS = ["::/96", "64:ff9b:1::/48"].map((cidr) => ipaddr.parseCIDR(cidr));

/** `allow` is a list of CIDRs, or the word `private` for every private and local address. */
export function createAddressPolicy(allow: readonly string[]): AddressPolicy {
  const allowsPrivate = allow.includes("private");
  const ranges = allow
    .filter((entry) => entry !== "private")
    .map((cidr) => ipaddr.parseCIDR(cidr.includes("/") ? cidr : `${cidr}/${cidr.includes(":") ? 128 : 32}`));

  return {
    refusal(url) {
      if (url.protocol !== "http:" && url.protocol !== "https:") return `only http and https URLs are called, not ${url.protocol}`;
      if (allowsPrivate) return null;
      const host = url.hostname.replace(/^\[|\]$/g, "");
      if (!ipaddr.isValid(host)) {
        const isLocalName = LOCAL_NAMES.test(host) || !host.includes(".");
        return isLocalName && ranges.length === 0 ? refused(host, "a local name") : null;
      }
      const address = ipaddr.process(host); // an IPv4 address inside IPv6 is judged as IPv4
      if (ranges.some(([base, bits]) => base.kind() === address.kind() && address.match([base, bits] as never))) return null;
      const range = OLD_IPV4_FORMS.some((form) => address.kind() === "ipv6" && address.match(form as never)) ? "reserved" : address.range();
      return range === "unicast" ? null : refused(host, `a ${range} address`);
    },
  };
}

function refused(host: string, what: string): string {
  return `${host} is ${what}, which this deployment does not call (allow it with MILLRACE_HTTP_ALLOW)`;
}
