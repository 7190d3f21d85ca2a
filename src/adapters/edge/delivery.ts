// Whether a request to an internal path is QStash's own and comes for the first time
// (https://upstash.com/docs/qstash/howto/signature: a JWT over the URL and the body's hash, by one of two keys).
import { Receiver } from "@upstash/qstash";
import type { Redis } from "@upstash/redis/cloudflare";

export type SigningKeys = { currentSigningKey: string; nextSigningKey: string };
export type Delivery = "genuine" | "forged" | "replayed";

type Claims = { jti: string; exp: number };

/** `url` is the address that the message was sent to. */
export async function judgeDelivery(
  request: Request,
  { keys, redis, url }: { keys: SigningKeys; redis: Redis; url: string },
): Promise<Delivery> {
  const signature = request.headers.get("upstash-signature");
  if (!signature) return "forged";
  const body = await request.text();
  const receiver = new Receiver({ ...keys, devMode: false });
  const isGenuine = await receiver.verify({ signature, body, url }).catch(() => false);
  const claims = isGenuine ? readClaims(signature) : null;
  if (!claims) return "forged";
  return (await isFirst(redis, claims)) ? "genuine" : "replayed";
}

/** The token's id and end; null where it has none, for such a token could be used forever. */
function readClaims(token: string): Claims | null {
  const { jti, exp } = JSON.parse(atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"))) as Partial<Claims>;
  return typeof jti === "string" && typeof exp === "number" ? { jti, exp } : null;
}

async function isFirst(redis: Redis, { jti, exp }: Claims): Promise<boolean> {
  // Without Redis a replay is let through: it makes the consumers look at the rows once more, nothing else.
  const set = await redis.set(`millrace:delivered:${jti}`, "1", { nx: true, exat: Math.ceil(exp) + 1 }).catch(() => "OK");
  return set !== null;
}
