// `npm run e2e -- --base-url URL --key KEY`: the end-to-end suite against anybody's deployment. It enqueues on queues of its own
// (e2e-…) and leaves its finished jobs there. The key needs scope `admin`.
import { parseArgs } from "node:util";
import { allCases } from "../test/e2e/suite/all-cases.ts";
import { visit } from "../test/e2e/suite/site.ts";

const USAGE = `npm run e2e -- --base-url https://millrace.example.com --key mr_… [options]

  --http-url URL     an address that answers 200 and that http jobs may call (without it, they are not tried)
  --no-websocket     do not try the WebSocket
  --only TEXT        only the cases whose title holds TEXT`;

const { values } = parseArgs({
  options: {
    "base-url": { type: "string" },
    key: { type: "string" },
    "http-url": { type: "string" },
    "no-websocket": { type: "boolean", default: false },
    only: { type: "string", default: "" },
  },
});
const { "base-url": baseUrl, key } = values;
if (!baseUrl || !key) {
  console.error(USAGE);
  process.exit(2);
}

const capabilities = { httpUrl: values["http-url"] ?? null, webSocket: !values["no-websocket"] };
const site = visit({ baseUrl, key, capabilities });
const counts = { passed: 0, failed: 0, skipped: 0 };
for (const { title, needs, run } of allCases.filter((one) => one.title.includes(values.only))) {
  if (needs && !needs(capabilities)) {
    counts.skipped += 1;
    console.log(`- ${title} (skipped)`);
    continue;
  }
  const started = performance.now();
  try {
    await run(site);
    counts.passed += 1;
    console.log(`✔ ${title} (${Math.round(performance.now() - started)} ms)`);
  } catch (error) {
    counts.failed += 1;
    console.error(`✖ ${title}\n  ${error instanceof Error ? error.message.replaceAll("\n", "\n  ") : error}`);
  }
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 ? 0 : 1);
