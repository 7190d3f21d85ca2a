// One operation: what it does and takes on one side, a command to try and an answer on the other.
import { PROBLEMS, type ProblemCode } from "../../contract/problem.ts";
import { curlOf, isOpen } from "./curl.ts";
import { exampleOfMedia } from "./example.ts";
import { type Html, html, inline, join, prose } from "./html.ts";
import { type Content, type Endpoint, endpointId, type OpenApiDocument, type Parameter, type Response } from "./openapi-document.ts";
import { fieldView, schemaView, typeView } from "./schema-view.ts";

export function operationView(endpoint: Endpoint, document: OpenApiDocument): Html {
  const { method, path, operation } = endpoint;
  const id = endpointId(endpoint);
  return html`<article class="operation" id="${id}" aria-labelledby="${id}-title">
<header>
<h3 id="${id}-title"><a href="#${id}">${operation.summary ?? `${method.toUpperCase()} ${path}`}</a></h3>
<p class="route">${methodView(method)} <code>${pathView(path)}</code></p>
</header>
<div class="words">
${operation.deprecated && html`<p class="callout">Deprecated: do not use it for anything new.</p>`}${prose(operation.description)}
${authView(endpoint, document)}
${parametersView(operation.parameters ?? [])}
${operation.requestBody && bodyView(operation.requestBody.content, document)}
${responsesView(operation.responses ?? {})}
</div>
${isBuilt(endpoint) && samplesView(endpoint, document)}
</article>
`;
}

/** An operation that never succeeds is in the contract, but not there yet. */
export function isBuilt({ operation }: Endpoint): boolean {
  return Object.keys(operation.responses ?? {}).some((status) => /^(?:[123]|default)/.test(status));
}

export function methodView(method: string): Html {
  return html`<span class="method method-${method}">${method.toUpperCase()}</span>`;
}

/** The path with its parameters set apart, and room to break before each slash. */
function pathView(path: string): Html {
  return join(
    path
      .split(/(\{\w+\}|(?=\/))/)
      .filter((piece) => piece !== "")
      .map((piece) => (piece.startsWith("{") ? html`<var>${piece}</var>` : html`<wbr>${piece}`)),
  );
}

function authView(endpoint: Endpoint, document: OpenApiDocument): Html {
  if (isOpen(endpoint, document)) return html`<p class="auth">Open to everybody: no key needed.</p>`;
  const requirements = endpoint.operation.security ?? document.security ?? [];
  const ways = [...new Set(requirements.flatMap(Object.keys))].map((name) => {
    const scheme = document.components?.securitySchemes?.[name];
    return scheme?.type === "http" ? "API key" : scheme?.in === "cookie" ? "session" : name;
  });
  const scopes = [...new Set(requirements.flatMap((requirement) => Object.values(requirement).flat()))];
  const scope =
    scopes.length > 0 &&
    html` with scope ${join(
      scopes.map((one) => html`<code>${one}</code>`),
      " or ",
    )}`;
  return html`<p class="auth"><a href="#authentication">${ways.join(" or ")}</a>${scope}</p>`;
}

const PLACES = { path: "In the path", query: "In the query", header: "Headers", cookie: "Cookies" } as const;

function parametersView(parameters: readonly Parameter[]): Html {
  const groups = Map.groupBy(parameters, (parameter) => parameter.in);
  return join(
    [...groups].map(([place, group]) => {
      const fields = group.map(({ name, required, schema, description }) =>
        fieldView({ name, schema: schema ?? {}, isRequired: required ?? false, description: description ?? schema?.description }),
      );
      return html`<h4>${PLACES[place]}</h4><ul class="fields">${fields}</ul>`;
    }),
  );
}

function bodyView(content: Content, document: OpenApiDocument): Html {
  return join(
    Object.entries(content).map(
      ([type, { schema = {} }]) =>
        html`<h4>Body <code>${type}</code> <span class="type">${schema.$ref && typeView(schema)}</span></h4>${schemaView(schema, document)}`,
    ),
  );
}

function responsesView(responses: Record<string, Response>): Html {
  const all = Object.entries(responses);
  const answers = all.filter(([, response]) => !isProblem(response));
  const problems = all.filter(([, response]) => isProblem(response));
  return html`${answers.length > 0 && html`<h4>Answers</h4><ul class="fields">${answers.map(([status, response]) => answerView(status, response))}</ul>`}
${problems.length > 0 && html`<h4>Problems</h4><ul class="problems">${problems.flatMap(([status, response]) => problemViews(status, response))}</ul>`}`;
}

const isProblem = ({ content = {} }: Response) => "application/problem+json" in content;

function answerView(status: string, { description, content = {}, headers = {} }: Response): Html {
  const types = Object.entries(content).map(([type, { schema }]) => (schema?.$ref ? typeView(schema) : html`${type}`));
  return html`<li><p class="field-head"><code class="name">${status}</code> <span class="type">${join(types, " or ")}</span></p>
<p>${inline(description)}</p>
${Object.entries(headers).map(([name, header]) => html`<p class="notes"><span>header <code>${name}</code> ${inline(header.description ?? "")}</span></p>`)}</li>`;
}

/** Our generator names the codes of a status in backticks; a status without any is told in its own words. */
function problemViews(status: string, { description }: Response): Html[] {
  const codes = [...description.matchAll(/`(\w+)`/g)].map(([, code = ""]) => code).filter((code): code is ProblemCode => code in PROBLEMS);
  if (codes.length === 0) return [html`<li>${status} ${inline(description)}</li>`];
  return codes.map((code) => html`<li><a href="#problem-${code}">${status} <code>${code}</code></a></li>`);
}

function samplesView(endpoint: Endpoint, document: OpenApiDocument): Html {
  const answers = Object.entries(endpoint.operation.responses ?? {}).filter(([status, answer]) => status < "3" && !isProblem(answer));
  const answer = answers.find(([status]) => status === "201") ?? answers[0];
  const [type = "", media] = Object.entries(answer?.[1].content ?? {})[0] ?? [];
  const example = media && /\bjson$/.test(type) ? exampleOfMedia(media, document, "answer") : undefined;
  return html`<div class="samples">
${codeView("Try it", curlOf(endpoint, document))}
${example !== undefined && codeView(`Answer ${answer?.[0]}`, JSON.stringify(example, null, 2))}
</div>`;
}

/** A block of code that keyboards can scroll. */
export function codeView(title: string, code: string): Html {
  return html`<figure class="code"><figcaption>${title}</figcaption><pre tabindex="0" role="group" aria-label="${title}"><code>${code}</code></pre></figure>`;
}
