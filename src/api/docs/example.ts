// Examples made from schemas: the author's where there is one, else one put together from the parts.
import { type MediaType, type OpenApiDocument, resolve, type Schema, typesOf } from "./openapi-document.ts";

/** `answer` shows every field; `request` those that a caller would write: required ones, and others worth showing. */
type Purpose = "answer" | "request";

const MAX_DEPTH = 8; // schemas may contain themselves

export function exampleOfMedia(media: MediaType, document: OpenApiDocument, purpose: Purpose): unknown {
  if (media.example !== undefined) return media.example;
  const named = Object.values(media.examples ?? {})[0];
  if (named?.value !== undefined) return named.value;
  return media.schema && exampleOf(media.schema, { document, purpose });
}

/** An example of the schema, or undefined where it says too little to make one. */
export function exampleOf(schema: Schema, context: { document: OpenApiDocument; purpose: Purpose; depth?: number }): unknown {
  const { document, depth = 0 } = context;
  const own = resolve(schema, document);
  const given = own.example ?? own.examples?.[0] ?? own.const ?? own.default ?? own.enum?.[0];
  if (given !== undefined) return given;
  if (depth > MAX_DEPTH) return undefined;
  const deeper = { ...context, depth: depth + 1 };
  const choice = own.oneOf ?? own.anyOf;
  if (choice) return choice.map((option) => exampleOf(option, deeper)).find((example) => example !== undefined && example !== null) ?? null;
  if (own.allOf) return Object.assign({}, ...own.allOf.map((part) => exampleOf(part, deeper)));
  const types = typesOf(own);
  if (own.properties || types.includes("object")) return exampleOfObject(own, deeper);
  if (types.includes("array")) {
    const item = own.items && exampleOf(own.items, deeper);
    return item === undefined ? [] : [item];
  }
  return isFree(own) ? {} : exampleOfScalar(own, types);
}

function exampleOfObject(schema: Schema, context: { document: OpenApiDocument; purpose: Purpose; depth: number }): Record<string, unknown> {
  const example: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (context.purpose === "request" && !schema.required?.includes(name) && !isWorthWriting(resolve(property, context.document))) continue;
    const value = exampleOf(property, context);
    if (value !== undefined) example[name] = value;
  }
  return example;
}

/** Free JSON, the caller's own data; or has an example of its own, and leaving it out is not the usual thing. */
function isWorthWriting(property: Schema): boolean {
  if (isFree(property)) return true;
  return property.example !== undefined && property.default === undefined && !typesOf(property).includes("null");
}

/** Any JSON value. */
function isFree(schema: Schema): boolean {
  return typesOf(schema).length === 0 && !schema.properties && !schema.oneOf && !schema.anyOf && !schema.allOf && !schema.enum;
}

function exampleOfScalar({ format, minimum }: Schema, types: readonly string[]): unknown {
  if (types.includes("null") && types.length > 1) return null;
  if (types.includes("string")) return format === "date-time" ? "2026-01-31T08:30:00.000Z" : "…";
  if (types.includes("integer") || types.includes("number")) return minimum ?? 0;
  if (types.includes("boolean")) return true;
  return types.includes("null") ? null : undefined;
}
