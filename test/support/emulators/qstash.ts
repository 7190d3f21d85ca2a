// QStash (https://upstash.com/docs/qstash): takes messages at /v2/publish and POSTs them to their URL with a signature,
// after their delay and again until they are answered 2xx. Tests may hold messages back and deliver them by hand.
import { createHash, createHmac, randomUUID } from "node:crypto";
import { type Call, sendJson, serve } from "./http-server.ts";

export type Message = { id: string; url: string; body: string; delaySeconds: number; retries: number };
export type Delivered = { message: Message; status: number; answer: string };

export type SignOptions = {
  key?: string;
  issuer?: string;
  /** Seconds from now until the token ends; negative: it has. */
  expiresIn?: number;
  id?: string;
};

export type QStashEmulator = {
  url: string;
  token: string;
  currentSigningKey: string;
  nextSigningKey: string;
  /** Every message that was taken. */
  messages: Message[];
  deliveries: Delivered[];
  /** While set, messages wait in `messages`. */
  isHolding: boolean;
  sign(url: string, body: string, options?: SignOptions): string;
  /** Delivers a message once, whatever its delay. */
  deliver(message: Message, signature?: string): Promise<Delivered>;
  /** Resolves when nothing is under way, not counting what is delayed. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

const RETRY_MILLISECONDS = 100; // QStash itself waits seconds and then longer

export async function startQStash(): Promise<QStashEmulator> {
  const timers = new Set<NodeJS.Timeout>();
  const underWay = new Set<Promise<unknown>>();
  const seen = new Set<string>();

  const server = await serve((call, response) => {
    if (call.headers.authorization !== `Bearer ${emulator.token}`) return sendJson(response, 401, { error: "unauthorized" });
    const message = readMessage(call);
    if (!message) return sendJson(response, 404, { error: `unexpected ${call.method} ${call.path}` });
    const twin = call.headers["upstash-deduplication-id"];
    if (typeof twin === "string" && seen.has(twin)) return sendJson(response, 202, { messageId: message.id, deduplicated: true });
    if (typeof twin === "string") seen.add(twin);
    emulator.messages.push(message);
    if (!emulator.isHolding) schedule(message, 0);
    sendJson(response, 201, { messageId: message.id });
  });

  function schedule(message: Message, retried: number): void {
    const wait = retried === 0 ? message.delaySeconds * 1000 : RETRY_MILLISECONDS;
    const timer = setTimeout(() => {
      timers.delete(timer);
      const work = emulator.deliver(message).then(({ status }) => {
        if ((status < 200 || status > 299) && retried < message.retries) schedule(message, retried + 1);
      });
      underWay.add(work);
      void work.finally(() => underWay.delete(work));
    }, wait);
    timers.add(timer);
  }

  const emulator: QStashEmulator = {
    url: server.url,
    token: "qstash-test-token",
    currentSigningKey: `sig_${randomUUID()}`,
    nextSigningKey: `sig_${randomUUID()}`,
    messages: [],
    deliveries: [],
    isHolding: false,
    sign(url, body, { key = emulator.currentSigningKey, issuer = "Upstash", expiresIn = 300, id = `jwt_${randomUUID()}` } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const hash = createHash("sha256").update(body).digest("base64url");
      const claims = { iss: issuer, sub: url, exp: now + expiresIn, nbf: now + Math.min(expiresIn, 0) - 10, iat: now, jti: id, body: hash };
      const text = [{ alg: "HS256", typ: "JWT" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
      return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
    },
    async deliver(message, signature = emulator.sign(message.url, message.body)) {
      const headers = { "upstash-signature": signature, "upstash-message-id": message.id, "content-type": "application/json" };
      const response = await fetch(message.url, { method: "POST", headers, body: message.body }).catch(() => null);
      const delivered = { message, status: response?.status ?? 0, answer: (await response?.text()) ?? "" };
      emulator.deliveries.push(delivered);
      return delivered;
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      await emulator.settled();
      await server.close();
    },
  };
  return emulator;
}

function readMessage({ method, path, headers, body }: Call): Message | null {
  const url = /^\/v2\/publish\/(https?:\/\/.+)$/.exec(path)?.[1];
  if (method !== "POST" || url === undefined) return null;
  const delaySeconds = Number.parseInt(String(headers["upstash-delay"] ?? "0"), 10);
  return { id: `msg_${randomUUID()}`, url, body, delaySeconds, retries: Number(headers["upstash-retries"] ?? 3) };
}
