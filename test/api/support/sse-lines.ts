// Reads an event stream as its standard says (https://html.spec.whatwg.org/multipage/server-sent-events.html), apart
// from our own client, so that the two cannot share a mistake.

export function createParser(onEvent: (event: { id: string; type: string; data: string }) => void): (text: string) => void {
  let rest = "";
  let event = { id: "", type: "message", data: [] as string[] };
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (event.data.length > 0) onEvent({ ...event, data: event.data.join("\n") });
        event = { id: event.id, type: "message", data: [] };
        continue;
      }
      const [, field, value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (field === "id") event.id = value;
      else if (field === "event") event.type = value;
      else if (field === "data") event.data.push(value);
    }
  };
}
