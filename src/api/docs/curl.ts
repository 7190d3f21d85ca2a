// The curl command of an operation, made from its examples, ready to paste into a shell.
import { exampleOf, exampleOfMedia } from "./example.ts";
import type { Content, Endpoint, OpenApiDocument, Parameter } from "./openapi-document.ts";

/** Expects MILLRACE_URL and MILLRACE_KEY in the environment. */
export function curlOf(endpoint: Endpoint, document: OpenApiDocument): string {
  const { method, operation } = endpoint;
  const options = [
    ...(isOpen(endpoint, document) ? [] : ['-H "Authorization: Bearer $MILLRACE_KEY"']),
    ...requiredHeaders(operation.parameters ?? [], document),
    ...(operation.requestBody ? bodyOptions(operation.requestBody.content, document) : []),
  ];
  const answers = Object.keys(Object.entries(operation.responses ?? {}).find(([status]) => status.startsWith("2"))?.[1].content ?? {});
  const flags = answers.includes("text/event-stream") ? " -N" : answers.includes("application/octet-stream") ? " -o content" : "";
  // curl sends GET by itself, and POST where there is a body.
  const verb = method === "get" || (method === "post" && operation.requestBody) ? "" : ` -X ${method.toUpperCase()}`;
  return [`curl${flags}${verb} "$MILLRACE_URL${pathOf(endpoint, document)}"`, ...options].join(" \\\n  ");
}

/** Nobody need say who they are: no requirement, or an empty one among them. */
export function isOpen({ operation }: Endpoint, document: OpenApiDocument): boolean {
  const security = operation.security ?? document.security ?? [];
  return security.length === 0 || security.some((requirement) => Object.keys(requirement).length === 0);
}

function pathOf({ path, operation }: Endpoint, document: OpenApiDocument): string {
  const parameters = operation.parameters ?? [];
  const value = (parameter: Parameter) => encodeURIComponent(String(parameterExample(parameter, document) ?? parameter.name));
  const inPath = new Map(parameters.filter((one) => one.in === "path").map((one) => [one.name, value(one)]));
  const query = parameters
    .filter((one) => one.in === "query" && one.required)
    .map((one) => `${encodeURIComponent(one.name)}=${value(one)}`);
  const filled = path.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => inPath.get(name) ?? placeholder);
  return query.length > 0 ? `${filled}?${query.join("&")}` : filled;
}

function requiredHeaders(parameters: readonly Parameter[], document: OpenApiDocument): string[] {
  return parameters
    .filter((one) => one.in === "header" && one.required)
    .map((one) => `-H ${quote(`${one.name}: ${parameterExample(one, document) ?? "…"}`)}`);
}

export function parameterExample(parameter: Parameter, document: OpenApiDocument): unknown {
  return parameter.example ?? (parameter.schema && exampleOf(parameter.schema, { document, purpose: "request" }));
}

function bodyOptions(content: Content, document: OpenApiDocument): string[] {
  const [type, media] = Object.entries(content)[0] ?? [];
  if (!type || !media) return [];
  const example = exampleOfMedia(media, document, "request");
  if (type === "multipart/form-data") {
    return Object.entries((example ?? {}) as Record<string, unknown>).map(([name, value]) => {
      const isFile = media.schema?.properties?.[name]?.format === "binary";
      return `-F ${quote(isFile ? `${name}=@book.txt` : `${name}=${value}`)}`;
    });
  }
  const header = `-H ${quote(`Content-Type: ${type}`)}`;
  if (!/\bjson$/.test(type)) return [header, "--data-binary @book.txt"];
  return [header, `-d ${quote(JSON.stringify(example ?? {}, null, 2)).replaceAll("\n", "\n  ")}`];
}

/** One word for a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
