// The style sheet of /api/docs, served beside it so that the page needs no inline style: the dashboard's colours and calm.
export const REFERENCE_CSS = `/* The look of the API reference, in the dashboard's colours; light and dark follow the system. */
:root {
  color-scheme: light dark;
  --ground: light-dark(oklch(0.968 0.006 205), oklch(0.185 0.016 225));
  --surface: light-dark(oklch(0.995 0.002 205), oklch(0.222 0.018 225));
  --inset: light-dark(oklch(0.952 0.008 205), oklch(0.165 0.015 225));
  --line: light-dark(oklch(0.892 0.012 210), oklch(0.315 0.02 225));
  --line-strong: light-dark(oklch(0.62 0.025 215), oklch(0.56 0.025 220));
  --ink: light-dark(oklch(0.245 0.03 228), oklch(0.935 0.01 205));
  --muted: light-dark(oklch(0.455 0.028 222), oklch(0.745 0.018 212));
  --water: light-dark(oklch(0.47 0.088 212), oklch(0.8 0.098 200));
  --water-wash: light-dark(oklch(0.94 0.03 200), oklch(0.29 0.042 212));
  --deep: light-dark(oklch(0.285 0.046 220), oklch(0.155 0.02 226));
  --deep-hover: light-dark(oklch(0.345 0.05 218), oklch(0.225 0.026 224));
  --deep-ink: oklch(0.955 0.012 200);
  --deep-muted: light-dark(oklch(0.82 0.028 205), oklch(0.74 0.022 210));
  --foam: oklch(0.82 0.1 190);
  --blue: light-dark(oklch(0.42 0.09 255), oklch(0.82 0.075 252));
  --blue-wash: light-dark(oklch(0.95 0.02 255), oklch(0.285 0.045 255));
  --green: light-dark(oklch(0.42 0.095 152), oklch(0.82 0.11 155));
  --green-wash: light-dark(oklch(0.95 0.035 155), oklch(0.28 0.045 158));
  --amber: light-dark(oklch(0.44 0.085 75), oklch(0.84 0.095 82));
  --amber-wash: light-dark(oklch(0.952 0.035 85), oklch(0.29 0.04 78));
  --red: light-dark(oklch(0.47 0.155 27), oklch(0.8 0.105 25));
  --red-wash: light-dark(oklch(0.955 0.02 25), oklch(0.285 0.055 25));
  --mono: "Atkinson Hyperlegible Mono", ui-monospace, "Cascadia Mono", Menlo, monospace;
  scrollbar-color: var(--line-strong) transparent;
}
*, ::before, ::after { box-sizing: border-box; }
html { scroll-padding-block-start: 1.5rem; }
body {
  margin: 0;
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.55 "Atkinson Hyperlegible Next", ui-sans-serif, system-ui, sans-serif;
  font-variant-numeric: tabular-nums;
  overflow-wrap: break-word;
  -webkit-text-size-adjust: 100%;
}
h1, h2, h3, h4 { margin: 0; font-weight: 650; line-height: 1.2; text-wrap: balance; }
h1 { font-size: 2.25rem; letter-spacing: -0.01em; }
h2 { font-size: 1.625rem; }
h3 { font-size: 1.25rem; }
h4 { margin-block: 1.75rem 0.25rem; font-size: 0.9375rem; }
p, ul, ol, dl, figure, table { margin: 0; padding: 0; }
p + p { margin-block-start: 0.75em; }
ul, ol { list-style: none; }
a { color: var(--water); text-decoration-thickness: 1px; text-underline-offset: 0.2em; }
a:hover { text-decoration-thickness: 2px; }
:is(h2, h3) > a { color: inherit; text-decoration: none; }
:is(h2, h3) > a:hover { text-decoration: underline; text-decoration-thickness: 2px; }
code, pre, var { font-family: var(--mono); font-size: 0.875em; font-style: normal; }
pre code { font-size: inherit; }
p code, dd code, li > code, td code { overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--water); outline-offset: 2px; border-radius: 0.2rem; }
::selection { background: light-dark(oklch(0.87 0.07 195), oklch(0.42 0.07 210)); }
main:focus { outline: none; }

.skip { position: fixed; inset: 0.75rem auto auto 0.75rem; z-index: 3; padding: 0.5rem 1rem; border-radius: 0.5rem; background: var(--surface); }
.skip:not(:focus) { clip-path: inset(50%); block-size: 1px; inline-size: 1px; padding: 0; overflow: hidden; white-space: nowrap; }

/* The rail keeps its depth in both themes. */
.rail { background: var(--deep); color: var(--deep-ink); }
.rail :focus-visible { outline-color: var(--foam); }
.rail a { color: var(--deep-muted); text-decoration: none; }
.rail a:hover { background: var(--deep-hover); color: var(--deep-ink); }
.brand a, .brand a:hover { display: inline-flex; align-items: center; gap: 0.6rem; background: none; color: var(--deep-ink); font-size: 1.25rem; font-weight: 600; }
.water { stroke: var(--foam); }
nav { scroll-target-group: auto; }
nav a { display: flex; gap: 0.6rem; align-items: baseline; padding: 0.3rem 0.7rem; border-radius: 0.45rem; }
.rail nav > ul > li > a { color: var(--deep-ink); font-weight: 600; }
nav a:target-current { background: var(--deep-hover); color: var(--deep-ink); }
nav ul ul { margin-block: 0.1rem 0.9rem; font-size: 0.875rem; line-height: 1.35; }
nav .method { min-inline-size: 2.9rem; background: none; padding: 0; font-size: 0.6875rem; }
nav .method-get { color: oklch(0.84 0.07 250); }
nav .method-post { color: oklch(0.84 0.1 158); }
nav :is(.method-put, .method-patch) { color: oklch(0.86 0.09 84); }
nav .method-delete { color: oklch(0.82 0.1 25); }

main > section { max-inline-size: 80rem; margin-inline: auto; padding: 3.5rem 0; border-block-start: 1px solid var(--line); }
main > section:first-child { border: 0; padding-block-start: 0; }
main > section > :is(p, ul, dl, table, .code, .lead) { max-inline-size: 46rem; }
.schema { max-inline-size: 52rem; }
.type-line { margin-block-start: 0.5rem; }
main > section > h2 { margin-block-end: 1rem; }
main > section > h3 { margin-block: 2rem 0.5rem; font-size: 1.0625rem; }
.lead { margin-block: 1.25rem; font-size: 1.125rem; }
.meta, .auth, .type, .type-line, .notes, figcaption { color: var(--muted); }
.meta, .auth { font-size: 0.9375rem; }
.auth { margin-block-start: 0.75rem; }
.auth a { color: inherit; }

.operation, .schema { padding-block: 2.25rem; }
section > :is(.operation, .schema) ~ :is(.operation, .schema) { border-block-start: 1px solid var(--line); }
.operation:target h3 a, .schema:target h3 a { color: var(--water); }
.operation header { margin-block-end: 0.9rem; }
.route { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.35rem 0.7rem; margin-block-start: 0.55rem; }
.route code { font-size: 0.9375rem; overflow-wrap: anywhere; }
.route var { color: var(--water); font-size: inherit; }
.method { padding: 0.1rem 0.45rem; border-radius: 0.35rem; background: var(--water-wash); color: var(--water); font: 600 0.75rem/1.5 var(--mono); letter-spacing: 0.02em; }
.method-get { background: var(--blue-wash); color: var(--blue); }
.method-post { background: var(--green-wash); color: var(--green); }
:is(.method-put, .method-patch) { background: var(--amber-wash); color: var(--amber); }
.method-delete { background: var(--red-wash); color: var(--red); }

.fields > li { padding-block: 0.7rem; border-block-start: 1px solid var(--line); }
.fields > li:first-child { border: 0; }
.fields p + p { margin-block-start: 0.2rem; }
.fields .fields { margin-block-start: 0.5rem; padding-inline-start: 1rem; border-inline-start: 2px solid var(--line); }
.name { font-weight: 650; overflow-wrap: anywhere; }
.type, h4 code { margin-inline-start: 0.35rem; color: var(--muted); font-size: 0.875rem; font-weight: 400; }
.required { margin-inline-start: 0.35rem; color: var(--amber); font-size: 0.8125rem; font-weight: 550; }
.notes { font-size: 0.875rem; }
.notes span + span::before { content: " · "; }
.notes code { color: var(--ink); overflow-wrap: anywhere; }
.notes .pattern code { color: inherit; }
.alternatives { display: grid; gap: 0.75rem; margin-block-start: 0.75rem; }
.alternatives > li { padding: 0.25rem 1rem; border: 1px solid var(--line); border-radius: 0.75rem; background: var(--surface); }
.problems { display: flex; flex-wrap: wrap; gap: 0.4rem; margin-block-start: 0.5rem; font-size: 0.875rem; }
.problems > li { padding: 0.1rem 0.6rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--surface); color: var(--muted); }
.problems a { color: inherit; text-decoration: none; }
.problems a:hover { color: var(--water); text-decoration: underline; }
.problems code { color: var(--ink); }
.index { margin-block-end: 1rem; }
.index a { display: flex; gap: 0.7rem; align-items: baseline; padding-block: 0.35rem; text-decoration: none; }
.index .method { flex: none; min-inline-size: 3.5rem; text-align: center; }
.callout { padding: 0.5rem 0.8rem; border-radius: 0.5rem; background: var(--amber-wash); color: var(--amber); }

.code { margin-block: 1rem; overflow: hidden; border: 1px solid var(--line); border-radius: 0.75rem; background: var(--surface); }
.code figcaption { padding: 0.4rem 0.9rem; border-block-end: 1px solid var(--line); font-size: 0.8125rem; font-weight: 500; }
.code pre { max-block-size: 34rem; margin: 0; padding: 0.8rem 0.9rem; overflow: auto; background: var(--inset); line-height: 1.5; tab-size: 2; }
.code pre:focus-visible { outline-offset: -2px; }
.samples { min-inline-size: 0; margin-block-start: 2rem; }
.samples .code:first-child { margin-block-start: 0; }

.terms { display: grid; grid-template-columns: 10rem 1fr; gap: 0.75rem 1.5rem; }
.terms dt { font-weight: 650; }
.terms dd { margin: 0; }
table { inline-size: 100%; margin-block: 1rem; border-collapse: collapse; text-align: start; }
main > section > table { max-inline-size: 60rem; }
th, td { padding: 0.6rem 1rem 0.6rem 0; border-block-end: 1px solid var(--line); text-align: start; vertical-align: baseline; font-weight: 400; }
thead th { color: var(--muted); font-size: 0.8125rem; font-weight: 500; white-space: nowrap; }
tr:target { background: var(--water-wash); box-shadow: -0.75rem 0 0 var(--water-wash), 0.75rem 0 0 var(--water-wash); }
tbody th a { color: inherit; text-decoration: none; }
tbody th a:hover { text-decoration: underline; }

@media (min-width: 60rem) {
  .index { display: none; }
  body { display: grid; grid-template-columns: 18.5rem minmax(0, 1fr); }
  .rail { position: sticky; inset-block-start: 0; block-size: 100dvh; padding: 1.75rem 0.75rem 2rem; overflow-y: auto; scrollbar-color: var(--deep-hover) transparent; }
  .brand { padding: 0 0.7rem 1.5rem; }
  main { padding: 3rem 3rem 6rem; }
}
@media (min-width: 84rem) {
  .operation { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 30rem); column-gap: 3.5rem; align-items: start; }
  .operation header { grid-column: 1 / -1; }
  .samples { position: sticky; inset-block-start: 1.5rem; margin-block-start: 0; }
}
@media (max-width: 59.999rem) {
  html { scroll-padding-block-start: 7rem; }
  .rail { position: sticky; inset-block-start: 0; z-index: 2; padding-block: 0.6rem 0.35rem; }
  .brand { padding-inline: 1rem; }
  .brand svg { inline-size: 1.6rem; block-size: auto; }
  nav { overflow-x: auto; scrollbar-width: none; }
  nav > ul { display: flex; padding: 0.3rem 0.4rem; }
  .rail nav > ul > li > a { font-size: 0.9375rem; font-weight: 500; white-space: nowrap; }
  nav ul ul { display: none; }
  main { padding: 1.75rem 1rem 4rem; }
  main > section { padding-block: 2.5rem; }
  h1 { font-size: 1.875rem; }
}
@media (max-width: 36rem) {
  .terms { grid-template-columns: 1fr; gap: 0.1rem; }
  .terms dd { margin-block-end: 0.75rem; }
  thead { position: absolute; clip-path: inset(50%); }
  tbody, tr, :is(tbody) :is(th, td) { display: block; }
  tr { padding-block: 0.7rem; border-block-end: 1px solid var(--line); }
  tbody :is(th, td) { padding: 0; border: 0; }
  tbody th, tbody th + td { display: inline; margin-inline-end: 0.5rem; }
  tbody th { font-weight: 600; }
}
@media (prefers-reduced-motion: no-preference) {
  html { scroll-behavior: smooth; }
}
@media print {
  .rail, .samples .code:first-child { display: none; }
  body { display: block; }
  .code pre { max-block-size: none; white-space: pre-wrap; }
}
`;
