// HTML that is escaped unless it is known to be HTML: what a template inserts is text until proven otherwise.

/** Markup that may be inserted as it is. Only `html` and `join` make it. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
  toString(): string {
    return this.markup;
  }
}

type Value = Html | string | number | null | undefined | false | readonly Html[];

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/**
 * Attributes must be quoted for the escaping to hold.
 * @example html`<a href="${url}">${title}</a>`
 */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(strings.reduce((markup, literal, at) => markup + toMarkup(values[at - 1]) + literal));
}

export function join(items: readonly Html[], separator = ""): Html {
  return new Html(items.map(String).join(toMarkup(separator)));
}

function toMarkup(value: Value): string {
  if (value instanceof Html) return value.markup;
  if (Array.isArray(value)) return value.map(String).join("");
  if (value === null || value === undefined || value === false) return "";
  return String(value).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

/** A description's text: `code` in backticks, blank lines between paragraphs. Nothing else of Markdown. */
export function prose(text: string | undefined): Html {
  const paragraphs = (text ?? "").split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== "");
  return join(paragraphs.map((paragraph) => html`<p>${inline(paragraph)}</p>`));
}

/** Text with `code` in backticks. */
export function inline(text: string): Html {
  return join(text.split(/`([^`]+)`/).map((piece, at) => (at % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`)));
}
