// Schemas as people read them: a field a line, with its type, its limits and what it means.
import { Html, html, inline, join } from "./html.ts";
import { type OpenApiDocument, refName, resolve, type Schema, schemaId, typesOf } from "./openapi-document.ts";

/** The fields of an object, the alternatives of a union, or the type of anything else. */
export function schemaView(schema: Schema, document: OpenApiDocument): Html {
  const own = resolve(schema, document);
  const alternatives = own.oneOf ?? own.anyOf;
  if (alternatives) {
    return html`<p class="type-line">One of these:</p>
<ol class="alternatives">${alternatives.map((option) => html`<li>${refName(option) ? typeView(option) : schemaView(option, document)}</li>`)}</ol>`;
  }
  if (own.allOf) return join(own.allOf.map((part) => schemaView(part, document)));
  if (own.properties) return fieldsView(own);
  return html`<p class="type-line">${typeView(own)} ${notesView(own)}</p>`;
}

function fieldsView({ properties = {}, required = [], additionalProperties }: Schema): Html {
  const fields = Object.entries(properties).map(([name, schema]) => fieldView({ name, schema, isRequired: required.includes(name) }));
  const rest = typeof additionalProperties === "object" && Object.keys(additionalProperties).length > 0;
  return html`<ul class="fields">${fields}${rest && html`<li><p class="field-head">any other name <span class="type">${typeView(additionalProperties)}</span></p></li>`}</ul>`;
}

/** One named value with what is known of it, and the fields inside it. */
export function fieldView({ name, schema, isRequired, description = schema.description }: Field): Html {
  const inner = typesOf(schema).includes("array") ? schema.items : schema;
  return html`<li>
<p class="field-head"><code class="name">${name}</code> <span class="type">${typeView(schema)}</span>${isRequired && html` <span class="required">required</span>`}${schema.deprecated && html` <span class="required">deprecated</span>`}</p>
${description !== undefined && html`<p>${inline(description)}</p>`}${notesView(schema)}
${inner?.properties && fieldsView(inner)}
</li>`;
}
type Field = { name: string; schema: Schema; isRequired: boolean; description?: string | undefined };

export function typeView(schema: Schema): Html {
  const name = refName(schema);
  if (name !== null) return html`<a href="#${schemaId(name)}">${name}</a>`;
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives) return join(alternatives.map(typeView), " or ");
  if (schema.allOf) return join(schema.allOf.map(typeView), " and ");
  const types = typesOf(schema).map((type) =>
    type === "array" ? html`array of ${typeView(schema.items ?? {})}` : html`${typeWord(type, schema)}`,
  );
  if (types.length > 0) return join(types, " or ");
  return html`${schema.enum || schema.const !== undefined ? "constant" : "any JSON"}`;
}

function typeWord(type: string, { format, additionalProperties }: Schema): string {
  if (type === "object" && typeof additionalProperties === "object" && typesOf(additionalProperties).length > 0) {
    return `map to ${typesOf(additionalProperties).join(" or ")}`;
  }
  if (type !== "string" || format === undefined) return type;
  return format === "binary" ? "bytes" : format;
}

/** The limits, in the order in which one would say them. */
function notesView(schema: Schema): Html {
  const code = (value: unknown) => html`<code>${typeof value === "string" ? value : JSON.stringify(value)}</code>`;
  const constant = schema.const === undefined ? schema.enum : [schema.const];
  const items = typesOf(schema).includes("array") ? schema.items?.enum : undefined;
  const notes = [
    constant && html`<span>${constant.length > 1 && "one of "}${join(constant.map(code), " ")}</span>`,
    items && html`<span>of ${join(items.map(code), " ")}</span>`,
    ...ranges(schema).map((range) => html`<span>${range}</span>`),
    schema.uniqueItems && html`<span>no repeats</span>`,
    schema.default !== undefined && html`<span>default ${code(schema.default)}</span>`,
    isTelling(schema) && !constant && html`<span>such as ${code(schema.example)}</span>`,
    schema.pattern !== undefined && html`<span class="pattern">matches ${code(schema.pattern)}</span>`,
  ].filter((note) => note instanceof Html);
  return notes.length > 0 ? html`<p class="notes">${notes}</p>` : html``;
}

/** An example that says more than the default does, in a few characters. */
function isTelling({ example, default: usual }: Schema): boolean {
  return example !== undefined && example !== usual && typeof example !== "object";
}

function ranges(schema: Schema): string[] {
  const { minimum = schema.exclusiveMinimum, maximum = schema.exclusiveMaximum } = schema;
  return [
    range(minimum, maximum, ""),
    range(schema.minLength || undefined, schema.maxLength, "characters"),
    range(schema.minItems || undefined, schema.maxItems, "items"),
    schema.multipleOf === undefined ? "" : `a multiple of ${schema.multipleOf}`,
  ].filter((text) => text !== "");
}

const NUMBERS = new Intl.NumberFormat("en");

function range(low: number | undefined, high: number | undefined, unit: string): string {
  const [from, to] = [low, high].map((bound) => (bound === undefined ? undefined : NUMBERS.format(bound).replace("-", "−")));
  if (from !== undefined && to !== undefined) return `${from === to ? from : `${from} to ${to}`} ${unit}`.trim();
  if (to !== undefined) return `at most ${to} ${unit}`.trim();
  return from === undefined ? "" : `at least ${from} ${unit}`.trim();
}
