// `npm run e2e` itself: it passes where all is well, and fails, naming the case, where it is not.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ROOT } from "../../scripts/build/build-if-stale.ts";
import { testApi } from "../api/support/test-api.ts";
import { NODE } from "../support/start-millrace.ts";

const api = testApi();

const e2e = (...args: string[]) =>
  promisify(execFile)(NODE, [join(ROOT, "scripts/e2e.ts"), "--base-url", api().url, ...args]).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    ({ code, stdout, stderr }) => ({ code, text: `${stdout}${stderr}` }),
  );

test("passes against a deployment that is well", async () => {
  const { code, text } = await e2e("--key", api().adminKey, "--only", "key");
  expect(text).toMatch(/✔ a key does what its scopes allow.*\n2 passed, 0 failed, 0 skipped/s);
  expect(code).toBe(0);
});

test("fails with a key that may not do what it takes, and without a key says how it is used", async () => {
  const { code, text } = await e2e("--key", await api().makeKey("read"), "--only", "a form's file");
  expect(text).toMatch(/✖ a form's file is an upload\n {2}POST \/api\/v1\/uploads answered 403, not 201/);
  expect(code).toBe(1);
  expect(await e2e()).toMatchObject({ code: 2, text: expect.stringContaining("--base-url") });
});
