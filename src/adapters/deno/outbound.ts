// Calls to URLs that users name, where nothing in front of us refuses addresses: we look the name up, judge every address
// it has, and connect to the one that we judged. So a name that turns into a private address gets nowhere.
import { lookup } from "node:dns/promises";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { Readable } from "node:stream";
import type { Outbound } from "../../ports/outbound.ts";

/** Why this address must not be called, or null. */
export type JudgeAddress = (address: string) => string | null;

const NO_BODY = new Set([204, 205, 304]);

export function createJudgingOutbound(judge: JudgeAddress): Outbound {
  return {
    async fetch(request, signal) {
      const url = new URL(request.url);
      try {
        const address = await pickAddress(url.hostname.replace(/^\[|\]$/g, ""), judge);
        return await send(request, { url, address, signal });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw new Error(
          `Cannot connect to ${url.host}: the name does not resolve, nothing answers there, or the address is not allowed (MILLRACE_HTTP_ALLOW).`,
          { cause: error },
        );
      }
    },
  };
}

async function pickAddress(host: string, judge: JudgeAddress): Promise<string> {
  const addresses = isIP(host) ? [host] : (await lookup(host, { all: true })).map(({ address }) => address);
  const allowed = addresses.find((address) => judge(address) === null);
  if (allowed === undefined) throw new Error(judge(addresses[0] ?? "") ?? `${host} has no address`);
  return allowed;
}

type Target = { url: URL; address: string; signal: AbortSignal };

async function send(request: Request, { url, address, signal }: Target): Promise<Response> {
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : null;
  const isSecure = url.protocol === "https:";
  const options = {
    host: address,
    port: url.port || (isSecure ? 443 : 80),
    path: `${url.pathname}${url.search}`,
    method: request.method,
    headers: { ...Object.fromEntries(request.headers), host: url.host, ...(body ? { "content-length": body.byteLength } : {}) },
    signal,
    agent: false as const,
    ...(isSecure && !isIP(url.hostname) ? { servername: url.hostname } : {}),
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = (isSecure ? requestHttps : requestHttp)(options, resolve);
    call.once("error", reject);
    call.end(body ?? undefined);
  });
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct)) for (const value of values ?? []) headers.append(name, value);
  const status = answer.statusCode ?? 502;
  const hasBody = !NO_BODY.has(status) && request.method !== "HEAD";
  if (!hasBody) answer.resume();
  return new Response(hasBody ? (Readable.toWeb(answer) as unknown as ReadableStream) : null, { status, headers });
}
