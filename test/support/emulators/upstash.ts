// Upstash's REST API (https://upstash.com/docs/redis/features/restapi) over a real Redis: single commands, pipelines,
// transactions and subscriptions as server-sent events, with strings in base64 where the client asks for it.
import type { ServerResponse } from "node:http";
import { Redis } from "ioredis";
import { type Call, sendJson, serve } from "./http-server.ts";

export type UpstashEmulator = {
  url: string;
  token: string;
  redis: Redis;
  /** Names of the commands that came, in capitals. */
  commands: string[];
  /** While set, requests fail. */
  isAway: boolean;
  /** Ends every subscription, as Upstash does now and then. */
  dropSubscribers(): void;
  close(): Promise<void>;
};

type Reply = { result: unknown } | { error: string };

/** `database`: the number of the Redis database that is this suite's own. */
export async function startUpstash(redisUrl: string, database: number): Promise<UpstashEmulator> {
  const redis = new Redis(redisUrl, { db: database });
  await redis.flushdb();
  const subscribers = new Map<Redis, ServerResponse>();

  async function run(command: unknown[]): Promise<Reply> {
    const [name, ...rest] = command.map((part) => (typeof part === "object" ? JSON.stringify(part) : String(part)));
    emulator.commands.push((name ?? "").toUpperCase());
    try {
      return { result: await redis.call(name ?? "", ...rest) };
    } catch (error) {
      return { error: (error as Error).message };
    }
  }

  const server = await serve(async (call, response) => {
    if (emulator.isAway) return sendJson(response, 503, { error: "Service Unavailable" });
    if (call.headers.authorization !== `Bearer ${emulator.token}`)
      return sendJson(response, 401, { error: "WRONGPASS invalid or missing auth token" });
    const [, first = "", second = ""] = call.path.split("/");
    if (first === "subscribe") {
      const subscriber = redis.duplicate();
      subscribers.set(subscriber, response);
      await streamMessages(subscriber, decodeURIComponent(second), response);
      return;
    }
    await answer(call, response, { path: first, run, redis });
  });
  const emulator: UpstashEmulator = {
    url: server.url,
    token: "upstash-test-token",
    redis,
    commands: [],
    isAway: false,
    dropSubscribers() {
      for (const [subscriber, response] of subscribers) {
        response.end();
        subscriber.disconnect();
      }
      subscribers.clear();
    },
    async close() {
      await server.close();
      for (const one of [redis, ...subscribers.keys()]) one.disconnect();
    },
  };
  return emulator;
}

type Tools = { path: string; run: (command: unknown[]) => Promise<Reply>; redis: Redis };

async function answer(call: Call, response: ServerResponse, { path, run, redis }: Tools): Promise<void> {
  const encode = call.headers["upstash-encoding"] === "base64" ? inBase64 : (reply: Reply) => reply;
  const body = JSON.parse(call.body) as unknown[];
  if (path === "") {
    const reply = await run(body);
    return sendJson(response, "error" in reply ? 400 : 200, encode(reply));
  }
  if (path === "pipeline") {
    const replies: Reply[] = [];
    for (const command of body as unknown[][]) replies.push(encode(await run(command)));
    return sendJson(response, 200, replies);
  }
  if (path !== "multi-exec") return sendJson(response, 404, { error: `unknown path ${path}` });
  const done = await redis.multi((body as unknown[][]).map((command) => command.map(String))).exec();
  sendJson(
    response,
    200,
    (done ?? []).map(([error, result]) => encode(error ? { error: error.message } : { result })),
  );
}

async function streamMessages(subscriber: Redis, channel: string, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  subscriber.on("message", (from: string, message: string) => response.write(`data: message,${from},${message}\n\n`));
  response.on("close", () => subscriber.disconnect());
  const count = await subscriber.subscribe(channel);
  response.write(`data: subscribe,${channel},${count}\n\n`);
}

function inBase64(reply: Reply): Reply {
  return "error" in reply ? reply : { result: encodeStrings(reply.result) };
}

function encodeStrings(value: unknown): unknown {
  if (typeof value === "string") return value === "OK" ? value : Buffer.from(value).toString("base64");
  return Array.isArray(value) ? value.map(encodeStrings) : value;
}
