// The chapters that no operation holds: how to begin, who may do what, what is common to all requests, and the problems.
import { SCOPES, type Scope } from "../../contract/key.ts";
import { PROBLEMS, type ProblemCode } from "../../contract/problem.ts";
import { type Html, html, inline } from "./html.ts";
import type { OpenApiDocument } from "./openapi-document.ts";
import { codeView } from "./operation-view.ts";
import { PROBLEM_ADVICE } from "./problem-advice.ts";

const SCOPE_WORDS: Record<Scope, string> = {
  admin: "Everything, keys included.",
  submit: "Enqueue, cancel, retry and read.",
  read: "Read.",
  runner: "Lease and settle jobs; read and write uploads.",
};

export function authenticationView({ components }: OpenApiDocument): Html {
  const schemes = Object.values(components?.securitySchemes ?? {});
  return html`<section id="authentication" aria-labelledby="authentication-title">
<h2 id="authentication-title"><a href="#authentication">Authentication</a></h2>
<p>Send an API key with every request. The dashboard uses a session cookie in its place, made from a key. A wrong or missing key is answered <a href="#problem-unauthorized">401</a>, a key without the scope <a href="#problem-forbidden">403</a>, and what belongs to another workspace <a href="#problem-not_found">404</a>.</p>
${codeView("Once per terminal", "export MILLRACE_URL=http://localhost:8787\nexport MILLRACE_KEY=mr_…")}
<ul class="fields">${schemes.map((scheme) => html`<li><p class="field-head"><code class="name">${scheme.type === "http" ? "Authorization: Bearer" : scheme.name}</code> <span class="type">${scheme.in ?? "header"}</span></p><p>${inline(scheme.description ?? "")}</p></li>`)}</ul>
<h3>Scopes</h3>
<ul class="fields">${SCOPES.map((scope) => html`<li><p class="field-head"><code class="name">${scope}</code></p><p>${SCOPE_WORDS[scope]}</p></li>`)}</ul>
</section>`;
}

export function conventionsView(): Html {
  return html`<section id="conventions" aria-labelledby="conventions-title">
<h2 id="conventions-title"><a href="#conventions">Conventions</a></h2>
<dl class="terms">
<dt>Names and units</dt><dd>Fields are camelCase. Times are RFC 3339 in UTC; durations end in <code>Seconds</code>, sizes in <code>Bytes</code> or <code>Mib</code>.</dd>
<dt>Unknown fields</dt><dd>Ignore the ones you receive: fields are added, never renamed or removed. The ones you send are refused with <a href="#problem-invalid">422</a>.</dd>
<dt>Lists</dt><dd>Newest first. Pass <code>limit</code>, then <code>nextCursor</code> as <code>cursor</code> until it is <code>null</code>.</dd>
<dt>Sending again</dt><dd><code>Idempotency-Key</code> on POST makes a repeated request safe for 24 hours: the same key and body replay the first answer, marked <code>Idempotency-Replayed: true</code>.</dd>
<dt>Tracing</dt><dd><code>X-Request-Id</code> is echoed, or made; <code>traceparent</code> travels on with the job.</dd>
</dl>
</section>`;
}

export function problemsView(): Html {
  const example = {
    type: "/api/docs#problem-invalid",
    title: PROBLEMS.invalid.title,
    status: 422,
    detail: "priority: Too big: expected number to be <=100",
    instance: "/api/v1/jobs",
    code: "invalid",
    requestId: "req_01kaj7zqv5fd8tqb5x1v2m3n4p",
    errors: [{ path: "priority", message: "Too big: expected number to be <=100" }],
  };
  const rows = Object.entries(PROBLEMS).map(
    ([
      code,
      { status, title },
    ]) => html`<tr id="problem-${code}"><th scope="row"><a href="#problem-${code}"><code>${code}</code></a></th><td>${status}</td><td><p><strong>${title}.</strong> ${inline(PROBLEM_ADVICE[code as ProblemCode])}</p></td></tr>
`,
  );
  return html`<section id="problems" aria-labelledby="problems-title">
<h2 id="problems-title"><a href="#problems">Problems</a></h2>
<p>Every error is <code>application/problem+json</code> (RFC 9457). Programs go by <code>code</code>, which is one of these; people read <code>detail</code>.</p>
${codeView("A problem", JSON.stringify(example, null, 2))}
<table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">What it means, and what to do</th></tr></thead>
<tbody>
${rows}</tbody></table>
</section>`;
}
