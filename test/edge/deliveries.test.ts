// What QStash delivers: twice, late, out of order or forged, it changes nothing that was not due.
import { expect, test } from "vitest";
import type { Message, SignOptions } from "../support/emulators/qstash.ts";
import { eventually } from "../support/servers/free-port.ts";
import { describeEdge } from "./support/edge-api.ts";

describeEdge("QStash's deliveries", 3, (edge) => {
  /** Enqueues an `http` job whose message QStash holds back. */
  async function enqueueHeld(path: string): Promise<{ id: string; message: Message }> {
    const { qstash, upstash } = edge();
    qstash.isHolding = true;
    await upstash.redis.del("millrace:consumers-called");
    const before = qstash.messages.length;
    const id = await edge().enqueueCall(path);
    const message = await eventually(async () => {
      const found = qstash.messages.slice(before).find(({ url }) => url.includes("/internal/queues/"));
      if (!found) throw new Error("no message yet");
      return found;
    });
    return { id, message };
  }
  const stateOf = async (id: string) => (await edge().send("GET", `/api/v1/jobs/${id}`)).state;
  const callsTo = (path: string) => edge().targetCalls.filter((call) => call === path).length;

  test.each<[string, SignOptions]>([
    ["another key", { key: "sig_of-somebody-else" }],
    ["another issuer", { issuer: "Somebody" }],
    ["a token that has ended", { expiresIn: -60 }],
  ])("a signature with %s runs nothing", async (_, options) => {
    const { id, message } = await enqueueHeld("/forged");
    const { status } = await edge().qstash.deliver(message, edge().qstash.sign(message.url, message.body, options));
    expect(status).toBe(401);
    expect(await stateOf(id)).toBe("queued");
    await edge().send("POST", `/api/v1/jobs/${id}/cancel`);
  });

  test("a signature of another path or another body runs nothing", async () => {
    const { id, message } = await enqueueHeld("/swapped");
    const { qstash } = edge();
    const otherPath = await qstash.deliver(message, qstash.sign(`${edge().url}/internal/sweep`, message.body));
    const otherBody = await qstash.deliver(message, qstash.sign(message.url, '{"other":true}'));
    expect([otherPath.status, otherBody.status]).toEqual([401, 401]);
    const unsigned = await fetch(message.url, { method: "POST", body: message.body });
    expect(unsigned.status).toBe(401);
    expect(await stateOf(id)).toBe("queued");
    await edge().send("POST", `/api/v1/jobs/${id}/cancel`);
  });

  test("the next signing key is taken too, while keys are being changed", async () => {
    const { id, message } = await enqueueHeld("/next-key");
    const { qstash } = edge();
    const { status } = await qstash.deliver(message, qstash.sign(message.url, message.body, { key: qstash.nextSigningKey }));
    expect(status).toBe(200);
    expect(await edge().finished(id)).toMatchObject({ state: "completed" });
  });

  test("a delivery that is replayed is refused", async () => {
    const { id, message } = await enqueueHeld("/replayed");
    const signature = edge().qstash.sign(message.url, message.body);
    expect((await edge().qstash.deliver(message, signature)).status).toBe(200);
    await edge().finished(id);
    expect((await edge().qstash.deliver(message, signature)).status).toBe(409);
  });

  test("a message that comes twice, also at the same time, runs its job once", async () => {
    const { id, message } = await enqueueHeld("/twice");
    const both = await Promise.all([edge().qstash.deliver(message), edge().qstash.deliver(message)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(await edge().finished(id)).toMatchObject({ state: "completed", attempt: 1 });
    expect((await edge().qstash.deliver(message)).answer).toBe('{"ran":0}');
    expect(callsTo("/twice")).toBe(1);
  });

  test("messages that come in the wrong order run every job once", async () => {
    const first = await enqueueHeld("/first");
    const second = await enqueueHeld("/second");
    await edge().qstash.deliver(second.message);
    await edge().qstash.deliver(first.message);
    expect([await stateOf(first.id), await stateOf(second.id)]).toEqual(["completed", "completed"]);
    expect([callsTo("/first"), callsTo("/second")]).toEqual([1, 1]);
  });

  test("a message that comes late finds its cancelled job cancelled", async () => {
    const { id, message } = await enqueueHeld("/late");
    await edge().send("POST", `/api/v1/jobs/${id}/cancel`);
    expect((await edge().qstash.deliver(message)).answer).toBe('{"ran":0}');
    expect(await stateOf(id)).toBe("cancelled");
    expect(callsTo("/late")).toBe(0);
  });

  test("of many enqueues one sends a message, until the consumers come", async () => {
    const { message } = await enqueueHeld("/many");
    const before = edge().qstash.messages.length;
    const ids = await Promise.all(Array.from({ length: 10 }, () => edge().enqueueCall("/many")));
    expect(edge().qstash.messages.length).toBe(before);
    await edge().qstash.deliver(message);
    for (const id of ids) expect(await stateOf(id)).toBe("completed");
  });

  test("a message that QStash lost is made up for by the sweep a minute on", async () => {
    // Nothing else is due, and somebody has looked within the hour.
    await edge().tick(new Date());
    await edge().upstash.redis.del("millrace:due");
    const { id } = await enqueueHeld("/lost");
    edge().qstash.isHolding = false;
    await edge().upstash.redis.del("millrace:consumers-called"); // it ends by itself after that minute
    await edge().tick(new Date(Date.now() + 61_000));
    expect(await edge().finished(id)).toMatchObject({ state: "completed" });
  });
});
