// The port through which the `http` handler calls URLs that users name. The adapter's network refuses addresses
// that are not allowed at connect time, after DNS, so a name that resolves to a private address gets nowhere.

export interface Outbound {
  /** Sends one request without following redirects. Throws where the connection is refused, fails or `signal` aborts. */
  fetch(request: Request, signal: AbortSignal): Promise<Response>;
}
