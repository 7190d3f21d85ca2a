// Parsing URLs without exceptions.

/** The URL, or null where the text is none. */
export function parseUrl(text: string, base?: string): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}
