// A small HTTP server for the emulators: whole bodies in, JSON out, gone with the suite.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Call = { method: string; path: string; headers: IncomingMessage["headers"]; body: string };
export type Handler = (call: Call, response: ServerResponse) => Promise<void> | void;

export type EmulatorServer = { url: string; close(): Promise<void> };

export async function serve(handle: Handler): Promise<EmulatorServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", async () => {
      const { method = "", url = "", headers } = request;
      try {
        await handle({ method, path: url, headers, body: Buffer.concat(chunks).toString() }, response);
      } catch (error) {
        sendJson(response, 500, { error: String(error) });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent) return void response.end();
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}
