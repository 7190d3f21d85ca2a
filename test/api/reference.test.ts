// The reference at /api/docs: everything the document says is on the page, every link leads somewhere, nothing is active.
import { globSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/api/app.ts";
import { exampleOf } from "../../src/api/docs/example.ts";
import { type OpenApiDocument, refName, type Tag, tagsOf } from "../../src/api/docs/openapi-document.ts";
import { REFERENCE_CSS } from "../../src/api/docs/reference-css.ts";
import { renderReference } from "../../src/api/docs/render-reference.ts";
import { openApiDocument } from "../../src/api/openapi.ts";
import { PROBLEMS } from "../../src/contract/problem.ts";

// Describing the routes needs no service.
const ours = openApiDocument(createApp({} as never)) as unknown as OpenApiDocument;
const page = renderReference(ours);

const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = ""]) => found);
const endpointsOf = (tags: readonly Tag[]) => tags.flatMap((tag) => tag.endpoints);
const textOf = (text: string) =>
  text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[name] ?? "");

describe("the page of our own document", () => {
  test("shows every operation with its method, its path and a command to try", () => {
    const text = textOf(page);
    const commands = all(page, /aria-label="Try it"><code>([^<]*)/g).map(textOf);
    for (const { method, path, operation } of endpointsOf(tagsOf(ours))) {
      expect(text.includes(operation.summary ?? "?"), operation.summary).toBe(true);
      const isBuilt = Object.keys(operation.responses ?? {}).some((status) => status < "4");
      const pattern = new RegExp(`\\$MILLRACE_URL${path.replaceAll(/\{\w+\}/g, '[^/{}?"]+')}[?"]`);
      const found = commands.filter((command) => pattern.test(command));
      expect(found.length > 0, `${method} ${path}`).toBe(isBuilt);
    }
  });

  test("has an anchor for every problem code and every schema", () => {
    const ids = new Set(all(page, /\sid="([^"]*)"/g));
    for (const code of Object.keys(PROBLEMS)) expect(ids).toContain(`problem-${code}`);
    for (const name of Object.keys(ours.components?.schemas ?? {})) expect(ids).toContain(`schema-${name}`);
  });

  test("has no anchor twice, and no link within the page that leads nowhere", () => {
    const ids = all(page, /\sid="([^"]*)"/g);
    expect(ids).toHaveLength(new Set(ids).size);
    expect(all(page, /href="#([^"]*)"/g).filter((target) => !ids.includes(target))).toEqual([]);
  });

  test("runs nothing, styles nothing inline and loads nothing from elsewhere", () => {
    expect(page).not.toMatch(/<(script|style|iframe|img|object|form)\b/i);
    expect(page).not.toMatch(/\s(style|on\w+)=/i);
    expect(all(page, /(?:href|src)="([^#][^"]*)"/g).filter((url) => !url.startsWith("/"))).toEqual([]);
    expect(REFERENCE_CSS).not.toMatch(/@import|url\(/);
  });

  test("can be walked by its landmarks and headings", () => {
    expect(page).toMatch(/<html lang="en">/);
    expect(page.indexOf('href="#main"')).toBeLessThan(page.indexOf("<nav"));
    expect(all(page, /<(main|nav|h1)\b/g).sort()).toEqual(["h1", "main", "nav"]);
    const levels = all(page, /<h([1-6])\b/g).map(Number);
    expect(levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1)).toEqual([]);
  });

  test("uses only classes and colours that the style sheet knows", () => {
    const classes = new Set(all(page, /class="([^"]*)"/g).flatMap((names) => names.split(" ")));
    const plain = new Set(["field-head", "words"]);
    expect([...classes].filter((name) => !plain.has(name) && !REFERENCE_CSS.includes(`.${name}`))).toEqual([]);
    expect(all(REFERENCE_CSS, /var\((--[\w-]+)\)/g).filter((name) => !REFERENCE_CSS.includes(`${name}:`))).toEqual([]);
  });
});

describe("the examples", async () => {
  const modules = await Promise.all(globSync("src/contract/*.ts").map((file) => import(`../../src/contract/${basename(file, ".ts")}.ts`)));
  const schemas = new Map(
    modules
      .flatMap((module: object) => Object.values(module))
      .filter((value): value is z.ZodType => value instanceof z.ZodType)
      .map((schema) => [schema.meta()?.id, schema]),
  );
  const bodies = endpointsOf(tagsOf(ours)).flatMap(({ operation }) => {
    const schema = operation.requestBody?.content["application/json"]?.schema;
    const name = schema && refName(schema);
    return schema && name ? [[name, schema] as const] : [];
  });

  test.each(bodies)("%s in a command is one that the API takes", (name, schema) => {
    const example = exampleOf(schema, { document: ours, purpose: "request" });
    const parsed = schemas.get(name)?.safeParse(example);
    expect(parsed?.error?.issues ?? [], JSON.stringify(example)).toEqual([]);
    expect(parsed?.success).toBe(true);
  });

  test("of schemas that contain themselves come to an end", () => {
    const Tree = {
      type: "object",
      required: ["children"],
      properties: { children: { type: "array", items: { $ref: "#/components/schemas/Tree" } } },
    };
    const document = { info: { title: "t", version: "1" }, components: { schemas: { Tree } } };
    expect(exampleOf(Tree, { document, purpose: "answer" })).toHaveProperty("children");
    expect(renderReference(document)).toContain('id="schema-Tree"');
  });
});

describe("what a document says", () => {
  const hostile = `</code><script>alert("x")</script>' onload='`;
  const document = {
    info: { title: hostile, version: hostile, description: `${hostile} \`${hostile}\`` },
    tags: [{ name: hostile, description: hostile }],
    paths: {
      [`/${hostile}/{id}`]: {
        post: {
          tags: [hostile],
          summary: hostile,
          operationId: hostile,
          description: hostile,
          security: [{ key: [hostile] }],
          parameters: [
            {
              name: "id",
              in: "path",
              required: true,
              description: hostile,
              schema: { type: "string", example: hostile, pattern: hostile },
            },
          ],
          requestBody: { content: { "application/json": { schema: { $ref: `#/components/schemas/${hostile}` } } } },
          responses: {
            200: {
              description: hostile,
              headers: { [hostile]: { description: hostile } },
              content: { [hostile]: { schema: { type: hostile } } },
            },
          },
        },
      },
    },
    components: {
      schemas: { [hostile]: { type: "object", properties: { [hostile]: { enum: [hostile], default: hostile, description: hostile } } } },
    },
  };

  test("is shown as text, whatever it is", () => {
    const shown = renderReference(document);
    expect(shown).not.toContain("<script");
    expect(shown).not.toContain("' onload");
    expect(shown).toContain("&lt;script&gt;");
  });

  test("goes into a command as one word of the shell", () => {
    const command = all(renderReference(document), /aria-label="Try it"><code>([^<]*)/g).map(textOf)[0] ?? "";
    const body = /-d ('[\s\S]*')$/.exec(command)?.[1] ?? "";
    expect(body.replaceAll("'\\''", "").slice(1, -1)).not.toContain("'");
  });

  test("may leave out nearly everything", () => {
    expect(renderReference({ info: { title: "t", version: "1" } })).toContain("<h1");
    const bare = { info: { title: "t", version: "1" }, paths: { "/x": { get: { responses: { 204: { description: "Done." } } } } } };
    expect(renderReference(bare)).toContain('id="get-x"');
  });

  test("is told of scopes, alternatives, limits, defaults and what is not built", () => {
    const shown = renderReference({
      info: { title: "t", version: "1" },
      paths: {
        "/built": { get: { security: [{ bearer: ["runner"] }], responses: { 200: { description: "Done." } } } },
        "/unbuilt": {
          get: {
            summary: "Later",
            responses: { 422: { description: "`not_implemented`: no.", content: { "application/problem+json": {} } } },
          },
        },
      },
      components: {
        securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
        schemas: {
          Choice: { oneOf: [{ $ref: "#/components/schemas/Limits" }, { type: "null" }] },
          Limits: { type: "object", required: ["a"], properties: { a: { type: "integer", minimum: -5, maximum: 5000, default: 3 } } },
        },
      },
    });
    expect(shown).toContain("with scope <code>runner</code>");
    expect(shown).toContain('<a href="#schema-Limits">Limits</a>');
    expect(shown).toContain("−5 to 5,000");
    expect(shown).toContain("default <code>3</code>");
    expect(shown).toContain('<a href="#problem-not_implemented">422 <code>not_implemented</code></a>');
    expect(shown).not.toContain("$MILLRACE_URL/unbuilt");
  });
});
