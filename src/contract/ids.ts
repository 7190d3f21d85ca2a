// TypeIDs (https://github.com/jetify-com/typeid): a prefix and a UUID in 26 characters of base 32.
// UUIDs are version 7, so ids sort by the time they were made, in the database's clock.
import { z } from "zod";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const VALUES = new Map([...ALPHABET].map((character, index) => [character, index]));
const SUFFIX_PATTERN = "[0-7][0-9a-hjkmnp-tv-z]{25}";

export type Id<Prefix extends string> = `${Prefix}_${string}`;
export type JobId = Id<"job">;
export type UploadId = Id<"upl">;
export type KeyId = Id<"key">;
export type ScheduleId = Id<"sch">;
export type FlowId = Id<"flow">;

/** A UUID's 128 bits as 26 base-32 characters, most significant first. */
export function encodeUuid(uuid: string): string {
  const hex = uuid.replaceAll("-", "");
  let out = "";
  // 26 characters are 130 bits: the first holds the top 3 bits, so the value is padded by two zero bits.
  let buffer = 0;
  let bits = 2;
  for (const digit of hex) {
    buffer = (buffer << 4) | Number.parseInt(digit, 16);
    bits += 4;
    while (bits >= 5) {
      bits -= 5;
      out += ALPHABET[(buffer >> bits) & 31];
      buffer &= (1 << bits) - 1;
    }
  }
  return out;
}

/** The UUID behind 26 base-32 characters, or null if they are not one. */
export function decodeUuid(suffix: string): string | null {
  if (!new RegExp(`^${SUFFIX_PATTERN}$`).test(suffix)) return null;
  let hex = "";
  let buffer = 0;
  let bits = -2;
  for (const character of suffix) {
    buffer = (buffer << 5) | (VALUES.get(character) as number);
    bits += 5;
    while (bits >= 4) {
      bits -= 4;
      hex += ((buffer >> bits) & 15).toString(16);
      buffer &= (1 << bits) - 1;
    }
  }
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function toId<Prefix extends string>(prefix: Prefix, uuid: string): Id<Prefix> {
  return `${prefix}_${encodeUuid(uuid)}`;
}

/** The UUID of `id`, or null if it is not an id with that prefix. */
export function fromId(prefix: string, id: string): string | null {
  return id.startsWith(`${prefix}_`) ? decodeUuid(id.slice(prefix.length + 1)) : null;
}

function idSchema<Prefix extends string>(prefix: Prefix, example: string) {
  const pattern = new RegExp(`^${prefix}_${SUFFIX_PATTERN}$`);
  return z
    .templateLiteral([`${prefix}_`, z.string()])
    .refine((id) => pattern.test(id), `expected an id such as ${example}`)
    .meta({ example, type: "string", pattern: pattern.source });
}

export const JobId = idSchema("job", "job_01kaj7zqv5fd8tqb5x1v2m3n4p");
export const UploadId = idSchema("upl", "upl_01kaj7zqv5fd8tqb5x1v2m3n4p");
export const KeyId = idSchema("key", "key_01kaj7zqv5fd8tqb5x1v2m3n4p");

const LEASE_PREFIX = "lease_";

/** A lease token names its job and a random fencing UUID, so that one primary-key lookup finds and checks it. */
export function toLeaseToken(jobUuid: string, fenceUuid: string): string {
  return `${LEASE_PREFIX}${encodeUuid(jobUuid)}${encodeUuid(fenceUuid)}`;
}

/** The job and fence in a lease token; null for a string that was never one of our tokens. */
export function fromLeaseToken(token: string): { jobUuid: string; fenceUuid: string } | null {
  if (!token.startsWith(LEASE_PREFIX) || token.length !== LEASE_PREFIX.length + 52) return null;
  const jobUuid = decodeUuid(token.slice(6, 32));
  const fenceUuid = decodeUuid(token.slice(32));
  return jobUuid && fenceUuid ? { jobUuid, fenceUuid } : null;
}
