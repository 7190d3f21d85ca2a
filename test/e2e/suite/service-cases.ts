// What is around the jobs: uploads, keys, errors, `http` jobs, health and the reference.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import type { E2eCase } from "./site.ts";

export const serviceCases: E2eCase[] = [
  {
    title: "an upload comes back whole and in parts, and is gone when it is deleted",
    async run(site) {
      const bytes = randomBytes(300_000);
      const headers = { "content-type": "application/x-e2e", "x-filename": "e2e.bin" };
      const upload = await site.expect(201, "POST /api/v1/uploads", { body: bytes, headers });
      assert.deepEqual(
        [upload.name, upload.contentType, upload.sizeBytes, upload.sha256],
        ["e2e.bin", "application/x-e2e", bytes.length, createHash("sha256").update(bytes).digest("hex")],
      );
      const path = `/api/v1/uploads/${upload.id}`;
      const content = (more: Record<string, string> = {}) =>
        fetch(`${site.baseUrl}${path}/content`, { headers: { ...site.headers, ...more } });
      assert.ok(Buffer.from(await (await content()).arrayBuffer()).equals(bytes));
      const part = await content({ range: "bytes=1000-1999" });
      assert.equal(part.status, 206);
      assert.ok(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1_000, 2_000)));
      assert.ok((await site.ask("DELETE", path)).status < 300);
      await site.expect(404, `GET ${path}`);
    },
  },
  {
    title: "a form's file is an upload",
    async run(site) {
      const form = new FormData();
      form.set("file", new Blob(["from a form"], { type: "text/plain" }), "form.txt");
      const upload = await site.expect(201, "POST /api/v1/uploads", { body: form });
      assert.deepEqual([upload.name, upload.sizeBytes], ["form.txt", 11]);
      assert.equal((await site.ask("GET", `/api/v1/uploads/${upload.id}/content`)).text, "from a form");
    },
  },
  {
    title: "a key does what its scopes allow, and nothing once it is revoked",
    async run(site) {
      const made = await site.expect(201, "POST /api/v1/keys", { json: { name: "e2e", scopes: ["read"] } });
      await site.expect(200, "GET /api/v1/jobs?limit=1", { key: made.key });
      const refused = await site.expect(403, "POST /api/v1/jobs", { json: { kind: "command" }, key: made.key });
      assert.equal(refused.code, "forbidden");
      assert.ok((await site.ask("DELETE", `/api/v1/keys/${made.id}`)).status < 300);
      // Processes may remember a key for seconds.
      const deadline = Date.now() + 30_000;
      while ((await site.ask("GET", "/api/v1/jobs?limit=1", { key: made.key })).status !== 401) {
        assert.ok(Date.now() < deadline, "a revoked key still works after 30 s");
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    },
  },
  {
    title: "every mistake is answered with a problem that says what is wrong",
    async run(site) {
      const mistakes: [number, string, Parameters<typeof site.ask>[2]?][] = [
        [401, "GET /api/v1/jobs", { key: null }],
        [401, "GET /api/v1/jobs", { key: "mr_nobodys" }],
        [404, "GET /api/v1/jobs/job_00000000000000000000000000"],
        [404, "GET /api/v1/nowhere"],
        [405, "DELETE /api/v1/jobs"],
        [400, "POST /api/v1/jobs", { body: "{", headers: { "content-type": "application/json" } }],
        [415, "POST /api/v1/jobs", { body: "kind=command", headers: { "content-type": "text/plain" } }],
        [422, "POST /api/v1/jobs", { json: { kind: "command", unknown: 1, priority: 1_000 } }],
      ];
      for (const [status, request, more] of mistakes) {
        const problem = await site.expect(status, request, more);
        assert.equal(problem?.status, status, request);
        assert.ok(problem.code && problem.detail && problem.requestId, request);
      }
      const problem = await site.expect(422, "POST /api/v1/jobs", { json: { kind: "command", unknown: 1, priority: 1_000 } });
      assert.deepEqual(problem.errors.map(({ path }: { path: string }) => path).sort(), ["priority", "unknown"]);
    },
  },
  {
    title: "an http job calls its URL, and its answer is the result",
    needs: ({ httpUrl }) => httpUrl !== null,
    async run(site) {
      const json = { kind: "http", queue: site.newQueue(), payload: { method: "GET", url: site.capabilities.httpUrl } };
      const { body } = await site.ask("POST", "/api/v1/jobs", { json, headers: { prefer: "wait=30" } });
      assert.deepEqual([body.state, body.result?.status], ["completed", 200], JSON.stringify(body));
    },
  },
  {
    title: "says that it is ready, and shows its metrics and its reference",
    async run(site) {
      assert.deepEqual(await site.expect(200, "GET /health", { key: null }), { status: "ok" });
      const ready = await site.expect(200, "GET /health/ready", { key: null });
      for (const [part, state] of Object.entries(ready.checks)) assert.equal(state, "ok", part);
      assert.match((await site.ask("GET", "/metrics")).text, /^# HELP /m);
      const document = await site.expect(200, "GET /api/openapi.json", { key: null });
      assert.match(document.openapi, /^3\.1/);
      assert.match((await site.ask("GET", "/api/docs", { key: null })).text, /<!doctype html>/i);
    },
  },
];
