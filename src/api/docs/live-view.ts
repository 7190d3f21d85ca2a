// The chapters on live events, which OpenAPI cannot describe: the SSE stream and the WebSocket.
import { JOB_EVENT_TYPES, SYSTEM_EVENT_TYPES } from "../../contract/event.ts";
import { SOCKET_CLOSE } from "../../contract/socket.ts";
import { type Html, html, inline } from "./html.ts";
import { codeView } from "./operation-view.ts";

const JOB = "job_01kaj7zqv5fd8tqb5x1v2m3n4p";

const EVENT = {
  id: "1767225600000-12",
  type: "job.progress",
  at: "2026-01-01T00:00:00.000Z",
  jobId: JOB,
  queue: "gpu",
  data: { progress: { fraction: 0.4, message: "epoch 2 of 5" } },
};

export function serverSentEventsView(): Html {
  const types = [...JOB_EVENT_TYPES, ...SYSTEM_EVENT_TYPES].map((type) => html`<li><code>${type}</code></li>`);
  return html`<section id="server-sent-events" aria-labelledby="server-sent-events-title">
<h2 id="server-sent-events-title"><a href="#server-sent-events">Server-sent events</a></h2>
<p><a href="#get-api-v1-events"><code>GET /api/v1/events</code></a> is an endless stream that any <code>EventSource</code> reads. Narrow it with <code>jobId</code>, <code>queue</code> or <code>topic</code>. Reconnect with <code>Last-Event-ID</code>, as browsers do by themselves, and it goes on where it stopped.</p>
${codeView("Two events", `id: 1767225599000-7\nevent: job.started\ndata: ${JSON.stringify({ ...EVENT, id: "1767225599000-7", type: "job.started", at: "2025-12-31T23:59:59.000Z", data: { state: "running" } })}\n\nid: ${EVENT.id}\nevent: ${EVENT.type}\ndata: ${JSON.stringify(EVENT)}`)}
<h3>Types</h3>
<ul class="problems">${types}<li>and your own topics</li></ul>
</section>`;
}

const MESSAGES = [
  [{ action: "subscribe", jobId: JOB }, "One job. Its state now follows at once, then every change."],
  [{ action: "subscribe", queue: "gpu" }, "Every job of a queue."],
  [{ action: "subscribe", all: true }, "Everything in your workspace."],
  [{ action: "unsubscribe", jobId: JOB }, "Takes what `subscribe` took."],
  [{ action: "ping" }, "Answered at once."],
] as const;

const CLOSE_WORDS: Record<keyof typeof SOCKET_CLOSE, string> = {
  policy: "No key, or one that is not valid.",
  tryAgainLater: "The server is going away or has too many connections: connect again, a little later each time.",
  internal: "Something failed on our side: connect again.",
  foreignOrigin: "The page comes from another origin.",
  slowClient: "You read too slowly: connect again and read the state.",
};

export function webSocketView(): Html {
  const update = {
    type: "update",
    event: "job.progress",
    jobId: JOB,
    queue: "gpu",
    status: "running",
    progress: 0.4,
    message: "epoch 2 of 5",
    seq: 2,
  };
  const rows = MESSAGES.map(
    ([message, words]) => html`<tr><td><code>${JSON.stringify(message)}</code></td><td>${inline(words)}</td></tr>
`,
  );
  const closes = Object.entries(SOCKET_CLOSE).map(
    ([name, code]) =>
      html`<li><p class="field-head"><code class="name">${code}</code></p><p>${CLOSE_WORDS[name as keyof typeof SOCKET_CLOSE]}</p></li>`,
  );
  return html`<section id="websocket" aria-labelledby="websocket-title">
<h2 id="websocket-title"><a href="#websocket">WebSocket</a></h2>
<p><code>/ws</code>, also <code>/api/v2/ws</code>, carries the same events both ways in JSON. Give the key in the <code>Authorization</code> header, or, where a browser cannot set one, as the subprotocol <code>access_token.mr_…</code>; a session cookie does as well. A message that cannot be understood is answered <code>failed</code> with a <code>detail</code>, and the socket stays open.</p>
${codeView("In a browser", `const socket = new WebSocket("wss://jobs.example.com/ws", ["access_token.mr_…"]);\nsocket.onopen = () => socket.send(JSON.stringify({ action: "subscribe", jobId }));\nsocket.onmessage = ({ data }) => console.log(JSON.parse(data));`)}
<table><thead><tr><th scope="col">You send</th><th scope="col">What for</th></tr></thead><tbody>
${rows}</tbody></table>
${codeView("You receive", `${JSON.stringify({ action: "response", message: "subscribed", jobId: JOB })}\n\n${JSON.stringify(update, null, 2)}`)}
<h3>Close codes</h3>
<ul class="fields">${closes}</ul>
</section>`;
}
