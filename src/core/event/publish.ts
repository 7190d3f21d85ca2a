// Publishes a user's own event.
import type { EventInput } from "../../contract/event.ts";
import { authorise, type Call } from "../context.ts";

export async function publishEvent({ ctx, input }: Call<EventInput>): Promise<void> {
  authorise(ctx, "submit");
  const at = new Date(ctx.clock.now()).toISOString();
  const { workspaceId } = ctx.identity;
  if ("specversion" in input) {
    const { data, ...attributes } = input;
    await ctx.bus.publish([
      { workspaceId, type: input.type, topic: input.type, at, data: { payload: data ?? null, cloudEvent: attributes } },
    ]);
  } else {
    await ctx.bus.publish([{ workspaceId, type: input.topic, topic: input.topic, at, data: { payload: input.payload ?? null } }]);
  }
}
