// Every operation of the committed openapi.json, with who may use it and the smallest request that it understands. The
// security suite loops over this table and fails where the table and the document differ.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../scripts/build/build-if-stale.ts";
import { toId } from "../../../src/contract/ids.ts";
import type { Scope } from "../../../src/contract/key.ts";

const NOBODYS_UUID = "019aa000-0000-7000-8000-000000000000";
const JOB = toId("job", NOBODYS_UUID);
const UPLOAD = toId("upl", NOBODYS_UUID);

export type OperationCase = {
  /** Scopes besides `admin`; null where every key will do; "public" where none is needed. */
  scopes: readonly Scope[] | null | "public";
  /** Values of the path's parameters: well formed, and nobody's. */
  params?: Record<string, string>;
  /** The smallest valid JSON body. */
  json?: Record<string, unknown>;
  /** A body that is not JSON. */
  raw?: string;
  /** True where nothing answers 404: a queue exists from its first use. */
  existsAlways?: true;
};

const READ = ["read", "submit"] as const;
const SUBMIT = ["submit"] as const;
const RUNNER = ["runner"] as const;
const ADMIN = [] as const;
const id = (value: string) => ({ params: { id: value } });
const queue = { params: { name: "nobodys-queue" } };

export const OPERATIONS: Record<string, OperationCase> = {
  "POST /api/v1/jobs": { scopes: SUBMIT, json: { kind: "command" } },
  "GET /api/v1/jobs": { scopes: READ },
  "POST /api/v1/jobs/batch": { scopes: SUBMIT, json: { jobs: [{ kind: "command" }] } },
  "GET /api/v1/jobs/{id}": { scopes: [...READ, "runner"], ...id(JOB) },
  "POST /api/v1/jobs/{id}/cancel": { scopes: SUBMIT, ...id(JOB) },
  "POST /api/v1/jobs/{id}/retry": { scopes: SUBMIT, ...id(JOB) },
  "POST /api/v1/jobs/{id}/promote": { scopes: SUBMIT, ...id(JOB) },
  "GET /api/v1/jobs/{id}/attempts": { scopes: [...READ, "runner"], ...id(JOB) },
  "GET /api/v1/jobs/{id}/logs": { scopes: [...READ, "runner"], ...id(JOB) },
  "GET /api/v1/jobs/{id}/artifacts": { scopes: [...READ, "runner"], ...id(JOB) },
  "GET /api/v1/jobs/{id}/result": { scopes: READ, ...id(JOB) },
  "PUT /api/v1/jobs/{id}/result": { scopes: SUBMIT, ...id(JOB), json: { result: 1 } },
  "GET /api/v1/jobs/{id}/explain": { scopes: READ, ...id(JOB) },
  "POST /api/v1/leases": { scopes: RUNNER, json: { runnerId: "r", queues: ["nobodys-lane"] } },
  "POST /api/v1/leases/heartbeat": { scopes: RUNNER, json: { runnerId: "r", leases: [] } },
  "POST /api/v1/leases/settle": { scopes: RUNNER, json: { runnerId: "r", items: [] } },
  "GET /api/v1/queues": { scopes: READ },
  "GET /api/v1/queues/{name}": { scopes: READ, ...queue },
  "PUT /api/v1/queues/{name}": { scopes: ADMIN, params: { name: "somebodys-queue" }, json: {}, existsAlways: true },
  "POST /api/v1/queues/{name}/pause": { scopes: ADMIN, ...queue },
  "POST /api/v1/queues/{name}/resume": { scopes: ADMIN, ...queue },
  "GET /api/v1/queues/{name}/stats": { scopes: READ, ...queue },
  "GET /api/v1/runners": { scopes: READ },
  "GET /api/v1/runners/{id}": { scopes: READ, ...id("nobodys-runner") },
  "POST /api/v1/runners/{id}/drain": { scopes: ADMIN, ...id("nobodys-runner") },
  "POST /api/v1/uploads": { scopes: ["submit", "runner"], raw: "bytes" },
  "POST /api/v1/uploads/presign": { scopes: null },
  "GET /api/v1/uploads/{id}": { scopes: [...READ, "runner"], ...id(UPLOAD) },
  "DELETE /api/v1/uploads/{id}": { scopes: SUBMIT, ...id(UPLOAD) },
  "GET /api/v1/uploads/{id}/content": { scopes: [...READ, "runner"], ...id(UPLOAD) },
  "POST /api/v1/events": { scopes: SUBMIT, json: { topic: "something.happened" } },
  "GET /api/v1/events": { scopes: READ },
  "POST /api/train": { scopes: SUBMIT, json: { datasetUploadId: UPLOAD } },
  "POST /api/generate": { scopes: SUBMIT, json: { modelId: UPLOAD, prompt: "once" } },
  "GET /api/status/{jobId}": { scopes: [...READ, "runner"], params: { jobId: JOB } },
  "POST /api/v1/keys": { scopes: ADMIN, json: { name: "new", scopes: ["read"] } },
  "GET /api/v1/keys": { scopes: ADMIN },
  "DELETE /api/v1/keys/{id}": { scopes: ADMIN, ...id(toId("key", NOBODYS_UUID)) },
  "POST /api/v1/session": { scopes: "public", json: { key: "mr_nobodys" } },
  "GET /api/v1/session": { scopes: null },
  "DELETE /api/v1/session": { scopes: null },
  "GET /health": { scopes: "public" },
  "GET /health/live": { scopes: "public" },
  "GET /health/ready": { scopes: "public" },
  "GET /api/health/readyz": { scopes: "public" },
  "GET /metrics": { scopes: "public" },
  "POST /api/v1/schedules": { scopes: null },
  "GET /api/v1/schedules": { scopes: null },
  "POST /api/v1/schedules/preview": { scopes: null },
  "POST /api/v1/flows": { scopes: null },
  "GET /api/v1/flows": { scopes: null },
};

export type NamedOperation = OperationCase & { name: string; method: string; template: string; path: string };

/** The table as a list; `path` has its parameters filled in. */
export const operations: NamedOperation[] = Object.entries(OPERATIONS).map(([name, operation]) => {
  const [method = "", template = ""] = name.split(" ");
  const path = template.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => operation.params?.[parameter] ?? "missing");
  return { ...operation, name, method, template, path };
});

type OpenApi = { paths: Record<string, Record<string, { security?: unknown[] }>> };

export const committedDocument = (): OpenApi => JSON.parse(readFileSync(join(ROOT, "openapi.json"), "utf8"));

/** The names of every operation in the document, and of those that anybody may call. */
export function documentedOperations(): { all: string[]; open: string[] } {
  const entries = Object.entries(committedDocument().paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      isOpen: !security || security.length === 0,
    })),
  );
  return { all: entries.map(({ name }) => name), open: entries.filter(({ isOpen }) => isOpen).map(({ name }) => name) };
}
