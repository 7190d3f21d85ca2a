// Server-sent events out of text chunks, as the HTML standard's §9.2.6 says: any of the three line ends, any cut.

export interface SseMessage {
  id: string | undefined;
  event: string;
  data: string;
}

export interface SseParser {
  /** Messages completed by this chunk. */
  push(chunk: string): SseMessage[];
  /** The server's wish for the wait before reconnecting, once it said so. */
  readonly retryMs: number | undefined;
}

export function createSseParser(): SseParser {
  let rest = "";
  let data: string[] = [];
  let event = "";
  let id: string | undefined;
  let retryMs: number | undefined;

  function field(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment: it only keeps the connection alive
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    else if (name === "event") event = value;
    else if (name === "id" && !value.includes("\0")) id = value;
    else if (name === "retry" && /^\d+$/.test(value)) retryMs = Number(value);
  }

  function push(chunk: string): SseMessage[] {
    rest += chunk;
    const messages: SseMessage[] = [];
    // A trailing CR waits for the next chunk: it may be the first half of CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line !== "") {
        field(line);
      } else {
        if (data.length > 0) messages.push({ id, event: event || "message", data: data.join("\n") });
        data = [];
        event = "";
      }
    }
    return messages;
  }

  return {
    push,
    get retryMs() {
      return retryMs;
    },
  };
}
