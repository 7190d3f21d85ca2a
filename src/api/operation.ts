// One route as a value: its OpenAPI description and its handler, with everything parsed before the handler runs.
import { createRoute, type OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import type { Scope } from "../contract/key.ts";
import { PROBLEMS, Problem, type ProblemCode } from "../contract/problem.ts";
import type { Exchange } from "./exchange.ts";
import { withIdempotency } from "./idempotency.ts";
import { invalid } from "./problem.ts";
import { readJson } from "./read-json.ts";
import type { ApiEnv } from "./services.ts";

type Schema = z.ZodType;
type Output<S> = S extends Schema ? z.output<S> : undefined;

export type Input<Params, Query, Body> = {
  params: Output<Params>;
  query: Output<Query>;
  body: Output<Body> /** The body as it came. */;
  text: string;
};

export type OperationConfig<Params, Query, Body> = {
  method: "get" | "post" | "put" | "delete";
  path: string;
  tag: string;
  summary: string;
  description?: string;
  /** Scopes that open it besides `admin`, for the reference; core enforces them. Left out: any key will do. */
  scopes?: readonly Scope[];
  /** False: nobody need say who they are. */
  authenticated?: false;
  params?: Params;
  query?: Query;
  body?: Body;
  /** A body that is not JSON, described for the reference; the handler reads it itself. */
  otherBody?: Record<string, { schema: Schema | Record<string, unknown> }>;
  headers?: Record<string, string>;
  responses: Record<number, { description: string; schema?: Schema; type?: string; headers?: Record<string, string> }>;
  problems?: readonly ProblemCode[];
  /** What an Idempotency-Key does here: `generic` stores the answer, `own` is the handler's business, `none` for the rest. */
  idempotency?: "generic" | "own" | "none";
  handle: (exchange: Exchange, input: Input<Params, Query, Body>) => Promise<Response>;
};

export type Operation = {
  route: RouteConfig;
  authenticated: boolean;
  run: (exchange: Exchange) => Promise<Response>;
};

export function operation<const Params = undefined, const Query = undefined, const Body = undefined>(
  config: OperationConfig<Params, Query, Body>,
): Operation {
  const authenticated = config.authenticated ?? true;
  const idempotency = config.idempotency ?? (config.method === "post" ? "generic" : "none");
  return {
    route: describe(config as OperationConfig<unknown, unknown, unknown>, authenticated, idempotency),
    authenticated,
    async run(exchange) {
      const { c } = exchange;
      const { text, value } = config.body ? await readJson(c.req.raw) : { text: "", value: undefined };
      const failures: z.ZodError[] = [];
      const parse = <S>(schema: S, raw: unknown): Output<S> => {
        if (schema === undefined) return undefined as Output<S>;
        const parsed = (schema as unknown as Schema).safeParse(raw);
        if (!parsed.success) failures.push(parsed.error);
        return parsed.data as Output<S>;
      };
      const input = {
        params: parse(config.params as Params, c.req.param()),
        query: parse(config.query as Query, c.req.query()),
        body: parse(config.body as Body, value),
        text,
      };
      if (failures.length > 0) throw invalid(failures);
      const handle = () => config.handle(exchange, input);
      return idempotency === "generic" ? withIdempotency(exchange, text, handle) : handle();
    },
  };
}

/** Registers the operation's route and its description. */
export function mount(
  app: OpenAPIHono<ApiEnv>,
  operation: Operation,
  serve: (c: Context<ApiEnv>, operation: Operation) => Promise<Response>,
): void {
  const { route } = operation;
  app.openAPIRegistry.registerPath(route);
  app.on(route.method.toUpperCase(), route.path.replaceAll(/\{(\w+)\}/g, ":$1"), (c) => {
    c.set("route", route.path);
    return serve(c, operation);
  });
}

const COMMON_PROBLEMS: readonly ProblemCode[] = ["unauthorized", "forbidden", "invalid", "unavailable"];

function describe(config: OperationConfig<unknown, unknown, unknown>, authenticated: boolean, idempotency: string): RouteConfig {
  const problems = new Set<ProblemCode>([
    ...(authenticated ? COMMON_PROBLEMS : []),
    ...(config.body ? (["malformed_json", "too_large", "unsupported_media_type"] as const) : []),
    ...(config.problems ?? []),
  ]);
  const byStatus = Map.groupBy(problems, (code) => PROBLEMS[code].status);
  const responses: RouteConfig["responses"] = {};
  for (const [status, { description, schema, type, headers }] of Object.entries(config.responses)) {
    responses[status] = {
      description,
      ...(headers
        ? {
            headers: z.object(
              Object.fromEntries(Object.entries(headers).map(([name, words]) => [name, z.string().meta({ description: words })])),
            ),
          }
        : {}),
      ...(schema || type ? { content: { [type ?? "application/json"]: { schema: schema ?? z.string() } } } : {}),
    };
  }
  for (const [status, codes] of byStatus) {
    responses[status] = {
      description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(" "),
      content: { "application/problem+json": { schema: Problem } },
    };
  }
  const headers: Record<string, string> = { ...config.headers };
  if (idempotency !== "none") headers["idempotency-key"] = "Repeating the request with this key within 24 hours replays the first answer.";
  const headerSchema = z.object(
    Object.fromEntries(Object.entries(headers).map(([name, words]) => [name, z.string().optional().meta({ description: words })])),
  );
  const scopes = config.scopes ? [...config.scopes, "admin"] : [];
  return createRoute({
    method: config.method,
    path: config.path,
    tags: [config.tag],
    summary: config.summary,
    ...(config.description ? { description: config.description } : {}),
    security: authenticated ? [{ bearer: scopes }, { session: scopes }] : [],
    request: {
      ...(config.params ? { params: config.params as z.ZodObject } : {}),
      ...(config.query ? { query: config.query as z.ZodObject } : {}),
      ...(Object.keys(headers).length > 0 ? { headers: headerSchema } : {}),
      ...(config.body ? { body: { required: true, content: { "application/json": { schema: config.body as Schema } } } } : {}),
      ...(config.otherBody
        ? {
            body: {
              required: true,
              content: { ...(config.body ? { "application/json": { schema: config.body as Schema } } : {}), ...config.otherBody } as never,
            },
          }
        : {}),
    },
    responses,
  });
}
