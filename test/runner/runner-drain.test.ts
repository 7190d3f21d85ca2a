// The real runner as a process: how it starts, and how it ends in good order.
import { describe, expect, it } from "vitest";
import type { JobId } from "../../src/contract/ids.ts";
import { lives, runnerFixture } from "./support/runner-fixture.ts";

const fixture = runnerFixture();

describe("draining", () => {
  it("on SIGTERM finishes what runs, takes nothing new, and exits with 0", async () => {
    const runner = fixture.setup.start();
    const id = fixture.command("half");
    await fixture.untilStarted(id);
    runner.kill("SIGTERM");
    await runner.untilLogged("draining");
    const late = fixture.command("quick");
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(fixture.api.job(id).job.state).toBe("completed");
    expect(fixture.api.job(late).leasedBy).toEqual([]);
  });

  it("releases what does not end in time", async () => {
    const runner = fixture.setup.start({ RUNNER_DRAIN_SECONDS: "0.5" });
    const id = fixture.command("stubborn");
    const pid = await fixture.pidOf(id);
    runner.kill("SIGTERM");
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(fixture.api.job(id)).toMatchObject({ job: { state: "queued", attempt: 0 }, settles: [{ outcome: "released" }] });
    expect(lives(pid)).toBe(false);
  });

  it("gives back the prefetched job", async () => {
    const runner = fixture.setup.start();
    await fixture.api.untilState(fixture.command("half"), "completed"); // now the runner knows how long these take
    const ids = [fixture.command("half"), fixture.command("half")];
    await fixture.api.until(ids[1] as JobId, ({ leasedBy }) => leasedBy.length === 1);
    runner.kill("SIGTERM");
    await runner.exited;
    expect(ids.map((id) => fixture.api.job(id).job.state)).toEqual(["completed", "queued"]);
    expect(fixture.api.job(ids[1] as JobId).settles).toMatchObject([{ outcome: "released" }]);
  });

  it("is fast on the second SIGTERM", async () => {
    const runner = fixture.setup.start({ RUNNER_DRAIN_SECONDS: "60" });
    const id = fixture.command("long");
    await fixture.untilStarted(id);
    runner.kill("SIGTERM");
    await runner.untilLogged("draining");
    runner.kill("SIGTERM");
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(fixture.api.job(id).settles).toMatchObject([{ outcome: "released" }]);
  });

  it("follows the server's word", async () => {
    const runner = fixture.setup.start();
    const id = fixture.command("half");
    await fixture.untilStarted(id);
    fixture.api.drain = true;
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(fixture.api.job(id).job.state).toBe("completed");
  });

  it("follows the end of stdin where a parent asked for it", async () => {
    const runner = fixture.setup.start({ MILLRACE_PARENT_PIPE: "1" });
    const id = fixture.command("long");
    const pid = await fixture.pidOf(id);
    runner.closeStdin();
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(fixture.api.job(id).settles).toMatchObject([{ outcome: "released" }]);
    expect(lives(pid)).toBe(false);
  });

  it("comes to an end while the API is away, with the results safe on disk", async () => {
    const runner = fixture.setup.start();
    const id = fixture.command("half");
    await fixture.untilStarted(id);
    await fixture.api.goAway();
    await runner.untilLogged("results cannot be delivered yet");
    runner.kill("SIGTERM");
    await runner.untilLogged("draining");
    runner.kill("SIGTERM");
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(await fixture.spooled()).toHaveLength(1);
    await fixture.api.comeBack();
  });
});

describe("starting", () => {
  it("says which settings are missing, and exits", async () => {
    const runner = fixture.setup.start({ MILLRACE_URL: "", MILLRACE_TOKEN: "" });
    expect((await runner.exited).code).toBe(78);
    const output = runner.output.join("\n");
    expect(output).toContain("MILLRACE_URL: expected the API's address, such as https://jobs.example.com (it is not set)");
    expect(output).toContain("MILLRACE_TOKEN: expected an API key with the scope 'runner' (mr_…) (it is not set)");
  });

  it("refuses a data directory that another runner uses", async () => {
    const runner = fixture.setup.start();
    await runner.untilLogged("runner started");
    const second = fixture.setup.start();
    expect((await second.exited).code).toBe(78);
    expect(second.output.join("\n")).toContain("Another runner is using");
  });

  it("goes on asking with a key that is refused, and says what to do", async () => {
    const runner = fixture.setup.start({ MILLRACE_TOKEN: "mr_wrong" });
    expect(await runner.untilLogged("refuses this runner's key")).toContain("MILLRACE_TOKEN");
    expect(fixture.api.requests.length).toBeLessThan(3);
  });
});
