// Which addresses `http` jobs may call when nothing is allowed beyond the public ones.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpTarget, startHttpTarget } from "./support/http-target.ts";
import { newQueue, testApi } from "./support/test-api.ts";

const api = testApi();
const withNetwork = testApi({ httpAllow: ["10.99.0.0/16"] });
let target: HttpTarget;
beforeAll(async () => {
  target = await startHttpTarget();
});
afterAll(() => target.close());

const call = (url: string) =>
  api().post("/api/v1/jobs", { queue: newQueue(), kind: "http", payload: { url }, maxAttempts: 1 }, { headers: { prefer: "wait=20" } });

const LITERALS = [
  ...["127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST.", "0.0.0.0", "0", "127.1", "2130706433", "0x7f000001", "017700000001"],
  ...[
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "169.254.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
  ],
  ...[
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
  ],
  ...["[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]"],
  ...["metadata.google.internal", "printer.local", "router.lan", "db", "nas.home.arpa"],
];

test.each(LITERALS)("%s is refused, for good, without a connection", async (host) => {
  const path = `/literal-${LITERALS.indexOf(host)}`;
  target.on(path, (_, response) => response.end("reached"));
  const job = await call(`http://${host}:${target.port}${path}`);
  expect(job).toMatchObject({ state: "failed", attempt: 1, error: { code: "address_refused", retryable: false } });
  expect(target.seen(path)).toEqual([]);
});

test("a name is judged by the address it resolves to when it is called", async () => {
  target.on("/by-name", (_, response) => response.end("reached"));
  const url = `http://localhost:${target.port}/by-name`;
  const payload = { queue: newQueue(), kind: "http", payload: { url }, maxAttempts: 1 };
  // With a network of its own allowed, a local name may lead there: it is looked up, found to be loopback, and refused.
  const job = await withNetwork().post("/api/v1/jobs", payload, { headers: { prefer: "wait=20" } });
  expect(job).toMatchObject({ state: "failed", error: { code: "connection_failed" } });
  expect(job.error.message).toContain("not allowed");
  expect(target.seen("/by-name")).toEqual([]);
});
