// Every notifier against the same suite, and what the one over Redis does between processes.
import { describe, expect, inject, test } from "vitest";
import { createMemoryNotifier } from "../../src/adapters/memory/notifier.ts";
import { createRedisNotifier } from "../../src/adapters/selfhost/notifier.ts";
import { describeNotifier, newWorkspace, record } from "./suites/notifier-suite.ts";
import { recordErrors, redisConnections, untilReady } from "./support/redis-connection.ts";

describeNotifier("memory", {
  async make() {
    const { errors, logger } = recordErrors();
    return { notifier: createMemoryNotifier({ logger }), errors };
  },
});

describe.skipIf(inject("redisUrl") === null)("over Redis", () => {
  const connect = redisConnections();
  async function make() {
    const { errors, logger } = recordErrors();
    const redis = connect(logger);
    const notifier = createRedisNotifier({ redis, logger });
    await untilReady(redis);
    return { notifier, errors };
  }

  describeNotifier("Redis", { make });

  test("a notify on one wakes who listens on another, once, though it names the queue often in one turn", async () => {
    const [{ notifier: one }, { notifier: two }] = [await make(), await make()];
    const workspaceId = newWorkspace();
    const [near, far] = [record(one, workspaceId, ["gpu", "mail"]), record(two, workspaceId, ["gpu", "mail"])];
    const other = record(two, newWorkspace(), "*");
    for (let n = 0; n < 10; n++) one.notify(workspaceId, ["gpu"]);
    one.notify(workspaceId, ["mail"]);
    await expect.poll(() => far.heard).toEqual(["gpu", "mail"]);
    // Our own message comes back too, and wakes nobody a second time.
    one.notify(workspaceId, ["mail"]);
    await expect.poll(() => far.heard).toEqual(["gpu", "mail", "mail"]);
    expect(near.heard).toEqual([...Array(10).fill("gpu"), "mail", "mail"]);
    expect(other.heard).toEqual([]);
  });
});
