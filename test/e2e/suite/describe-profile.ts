// The end-to-end suite as tests of one profile, which is started before them and ended after.
import { afterAll, beforeAll, describe, test } from "vitest";
import { allCases } from "./all-cases.ts";
import { type E2eTarget, type Site, visit } from "./site.ts";

export type Profile = { target: E2eTarget; stop(): Promise<void> };

/** `start` is awaited before the first test. A capability that is lacking shows as a skipped test. */
export function describeProfile(name: string, start: () => Promise<Profile>, { skip = false }: { skip?: boolean } = {}): void {
  describe.skipIf(skip)(`the ${name} profile, end to end`, () => {
    let profile: Profile | undefined;
    let site: Site;
    beforeAll(async () => {
      profile = await start();
      site = visit(profile.target);
    }, 120_000);
    afterAll(() => profile?.stop());
    for (const { title, needs, run } of allCases) {
      test(title, { timeout: 120_000 }, async (context) => {
        if (needs && !needs(site.capabilities)) context.skip();
        await run(site);
      });
    }
  });
}
