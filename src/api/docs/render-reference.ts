// Renders /api/docs from our own OpenAPI document: one page, no scripts, nothing from elsewhere.
import { authenticationView, conventionsView, problemsView } from "./guide-view.ts";
import { type Html, html, join, prose } from "./html.ts";
import { serverSentEventsView, webSocketView } from "./live-view.ts";
import { endpointId, type OpenApiDocument, type Schema, schemaId, type Tag, tagId, tagsOf } from "./openapi-document.ts";
import { isBuilt, methodView, operationView } from "./operation-view.ts";
import { schemaView } from "./schema-view.ts";

/**
 * The page links its style sheet, REFERENCE_CSS, as /api/docs/style.css.
 * A Content-Security-Policy of `default-src 'none'; style-src 'self'; img-src 'self'` is enough.
 */
export function renderReference(generated: object): string {
  // Generators type their documents in ways of their own; we read what all of them write.
  const document = generated as OpenApiDocument;
  const tags = tagsOf(document);
  const schemas = Object.entries(document.components?.schemas ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${document.info.title} API reference</title>
<link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="/api/docs/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="rail">
<p class="brand"><a href="/">${WHEEL}${document.info.title}</a></p>
${navigationView(tags, schemas)}
</header>
<main id="main" tabindex="-1">
<section id="introduction" aria-labelledby="introduction-title">
<h1 id="introduction-title">${document.info.title} API</h1>
<div class="lead">${prose(document.info.description)}</div>
<p class="meta">Version ${document.info.version} · <a href="/api/openapi.json">openapi.json</a> for your generator</p>
</section>
${authenticationView(document)}
${conventionsView()}
${tags.map((tag) => tagView(tag, document))}
${serverSentEventsView()}
${webSocketView()}
${problemsView()}
${schemasView(schemas, document)}
</main>
</body>
</html>
`.markup;
}

// The mill wheel of the dashboard.
const WHEEL = html`<svg viewBox="0 0 32 32" width="32" height="32" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" aria-hidden="true"><circle cx="16" cy="13" r="6.2" stroke-width="2.4"/><path d="M16 3.6v18.8M6.6 13h18.8M9.4 6.4l13.2 13.2M22.6 6.4 9.4 19.6"/><path class="water" d="M4.5 26c2.9-2.4 5.8-2.4 8.6 0s5.8 2.4 8.6 0c2-1.6 3.9-2.2 5.8-1.6" stroke-width="2.4"/></svg>`;

function navigationView(tags: readonly Tag[], schemas: readonly [string, Schema][]): Html {
  const chapter = (id: string, title: string, pages: Html | false = false) =>
    html`<li><a href="#${id}">${title}</a>${pages && html`<ul>${pages}</ul>`}</li>
`;
  return html`<nav aria-label="Contents"><ul>
${chapter("introduction", "Introduction")}${chapter("authentication", "Authentication")}${chapter("conventions", "Conventions")}
${tags.map((tag) => chapter(tagId(tag.name), tag.name, operationLinks(tag)))}
${chapter("server-sent-events", "Server-sent events")}${chapter("websocket", "WebSocket")}
${chapter("problems", "Problems")}
${chapter("schemas", "Schemas", join(schemas.map(([name]) => html`<li><a href="#${schemaId(name)}"><span>${name}</span></a></li>`)))}
</ul></nav>`;
}

function operationLinks({ endpoints }: Tag): Html {
  return join(
    endpoints.map(
      (endpoint) =>
        html`<li><a href="#${endpointId(endpoint)}">${methodView(endpoint.method)}<span>${endpoint.operation.summary ?? endpoint.path}</span></a></li>
`,
    ),
  );
}

function tagView(tag: Tag, document: OpenApiDocument): Html {
  const { name, description, endpoints } = tag;
  const built = endpoints.filter(isBuilt);
  const unbuilt = endpoints.filter((endpoint) => !isBuilt(endpoint));
  return html`<section id="${tagId(name)}" aria-labelledby="${tagId(name)}-title">
<h2 id="${tagId(name)}-title"><a href="#${tagId(name)}">${name}</a></h2>
${prose(description)}
<ul class="index">${operationLinks(tag)}</ul>
${[...built, ...unbuilt].map((endpoint) => operationView(endpoint, document))}
</section>
`;
}

function schemasView(schemas: readonly [string, Schema][], document: OpenApiDocument): Html {
  const views = schemas.map(
    ([name, schema]) => html`<article class="schema" id="${schemaId(name)}" aria-labelledby="${schemaId(name)}-title">
<h3 id="${schemaId(name)}-title"><a href="#${schemaId(name)}">${name}</a></h3>
${prose(schema.description)}
${schemaView(schema, document)}
</article>
`,
  );
  return html`<section id="schemas" aria-labelledby="schemas-title">
<h2 id="schemas-title"><a href="#schemas">Schemas</a></h2>
${views}
</section>`;
}
