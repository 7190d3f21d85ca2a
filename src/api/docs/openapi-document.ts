// What the reference reads of an OpenAPI 3.1 document: as much as our generator writes, all of it optional.

export type Schema = {
  $ref?: string;
  type?: string | readonly string[];
  format?: string;
  description?: string;
  example?: unknown;
  examples?: readonly unknown[];
  default?: unknown;
  enum?: readonly unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  prefixItems?: readonly Schema[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  allOf?: readonly Schema[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  deprecated?: boolean;
};

export type MediaType = { schema?: Schema; example?: unknown; examples?: Record<string, { value?: unknown }> };
export type Content = Record<string, MediaType>;

export type Parameter = {
  name: string;
  in: "path" | "query" | "header" | "cookie";
  required?: boolean;
  description?: string;
  schema?: Schema;
  example?: unknown;
};

export type Response = { description: string; content?: Content; headers?: Record<string, { description?: string; schema?: Schema }> };

export type OperationObject = {
  tags?: readonly string[];
  summary?: string;
  description?: string;
  operationId?: string;
  deprecated?: boolean;
  security?: readonly Record<string, readonly string[]>[];
  parameters?: readonly Parameter[];
  requestBody?: { description?: string; required?: boolean; content: Content };
  responses?: Record<string, Response>;
};

export type SecurityScheme = { type: string; scheme?: string; in?: string; name?: string; description?: string };

export type OpenApiDocument = {
  info: { title: string; version: string; description?: string };
  tags?: readonly { name: string; description?: string }[];
  security?: OperationObject["security"];
  paths?: Record<string, Record<string, OperationObject>>;
  components?: { schemas?: Record<string, Schema>; securitySchemes?: Record<string, SecurityScheme> };
};

/** One operation with where it is. */
export type Endpoint = { method: string; path: string; operation: OperationObject };
export type Tag = { name: string; description?: string | undefined; endpoints: Endpoint[] };

const METHODS = new Set(["get", "put", "post", "delete", "patch", "head", "options", "trace"]);

/** Every operation under its first tag; tags in the document's order, then in that of their first operation. */
export function tagsOf(document: OpenApiDocument): Tag[] {
  const tags = new Map<string, Tag>((document.tags ?? []).map((tag) => [tag.name, { ...tag, endpoints: [] }]));
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item)) {
      if (!METHODS.has(method)) continue;
      const name = operation.tags?.[0] ?? "Other";
      const tag = tags.get(name) ?? { name, endpoints: [] };
      tags.set(name, tag);
      tag.endpoints.push({ method, path, operation });
    }
  }
  return [...tags.values()].filter((tag) => tag.endpoints.length > 0);
}

/** The name that a `$ref` into components.schemas ends with, or null. */
export function refName(schema: Schema): string | null {
  return schema.$ref?.startsWith("#/components/schemas/") ? decodeURIComponent(schema.$ref.slice(21)) : null;
}

/** The schema itself where it is a reference; an empty schema where that leads nowhere. */
export function resolve(schema: Schema, document: OpenApiDocument): Schema {
  const name = refName(schema);
  if (name === null) return schema;
  const { $ref: _, ...beside } = schema;
  return { ...document.components?.schemas?.[name], ...beside };
}

export function typesOf({ type }: Schema): readonly string[] {
  return typeof type === "string" ? [type] : (type ?? []);
}

/** An id for a fragment: letters, digits and dashes of the text. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

export const endpointId = ({ method, path, operation }: Endpoint): string => slug(operation.operationId ?? `${method} ${path}`);
export const tagId = (name: string): string => `tag-${slug(name)}`;
/** Schema names are kept as they are, so that a link can be guessed. */
export const schemaId = (name: string): string => `schema-${name.replaceAll(/[^\w.-]/g, "-")}`;
