// A directory as workerd's disk service offers it: a Fetcher that answers GET, HEAD, PUT and DELETE for its files.
export type FetcherLike = { fetch(input: Request): Promise<Response> };

/** The host does not matter: the binding leads to one directory. */
export function diskRequest(path: string, init?: RequestInit): Request {
  return new Request(`http://disk/${path}`, init);
}
