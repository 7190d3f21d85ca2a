// The one client of the dashboard: same origin, authenticated by the session cookie.
import { createClient } from "../../client/index.ts";
import { noteServerTime } from "./server-clock.ts";

export { ApiError, NetworkError } from "../../client/index.ts";

export const api = createClient({
  baseUrl: "",
  fetch: async (input, init) => {
    const response = await fetch(input, init);
    noteServerTime(response.headers.get("date"));
    return response;
  },
});
