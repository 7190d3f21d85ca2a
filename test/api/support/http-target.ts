// A server that `http` jobs call: it answers what the path says, and remembers every request it got.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type SeenRequest = { method: string; url: string; headers: IncomingMessage["headers"]; body: string };

type Respond = (request: SeenRequest, response: ServerResponse, times: number) => void;

export interface HttpTarget {
  readonly port: number;
  /** What to answer at a path; `times` counts from 1. Returns the URL. */
  on(path: string, respond: Respond): string;
  seen(path: string): SeenRequest[];
  close(): void;
}

export async function startHttpTarget(): Promise<HttpTarget> {
  const routes = new Map<string, Respond>();
  const requests: SeenRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
      requests.push(request);
      const times = requests.filter((one) => one.url === url).length;
      (routes.get(url) ?? ((_request, answer) => answer.writeHead(404).end("nothing here")))(request, response, times);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    on(path, respond) {
      routes.set(path, respond);
      return `http://127.0.0.1:${port}${path}`;
    },
    seen: (path) => requests.filter(({ url }) => url === path),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
